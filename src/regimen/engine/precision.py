"""In which numbers a study computes."""

from contextlib import AbstractContextManager

import torch

from regimen.errors import OptionError, nearest

PRECISIONS = ("auto", "bfloat16", "float32")


def native_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AMX or AVX512-BF16)."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def resolve_precision(wanted: str) -> str:
    """``float32`` or ``bfloat16``; ``auto`` is bfloat16 exactly where the hardware multiplies it natively.

    Raises:
        OptionError: another word.
    """
    if wanted not in PRECISIONS:
        raise OptionError(f"There is no precision {wanted!r}. {nearest(str(wanted), PRECISIONS)}")
    return ("bfloat16" if native_bfloat16() else "float32") if wanted == "auto" else wanted


def computing_in(precision: str) -> AbstractContextManager:
    """A context in which matrix products and convolutions run in this precision; master weights stay float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
