"""In which numbers a study computes."""

from contextlib import AbstractContextManager

import torch

from regimen.errors import OptionError, nearest

PRECISIONS = ("auto", "bfloat16", "float32")


def native_bfloat16(device: str) -> bool:
    """Whether the hardware multiplies bfloat16: AMX or AVX512-BF16 of a processor, capability 8 of a GPU."""
    if device == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def resolve_precision(wanted: str, device: str) -> str:
    """``float32`` or ``bfloat16``; ``auto`` is bfloat16 exactly where the hardware multiplies it natively.

    Args:
        wanted: one of `PRECISIONS`.
        device: ``cpu`` or ``cuda``.

    Raises:
        OptionError: another word.
    """
    if wanted not in PRECISIONS:
        raise OptionError(f"There is no precision {wanted!r}. {nearest(str(wanted), PRECISIONS)}")
    return ("bfloat16" if native_bfloat16(device) else "float32") if wanted == "auto" else wanted


def computing_in(precision: str, device: str) -> AbstractContextManager:
    """A context in which matrix products and convolutions run in this precision; master weights stay float32."""
    return torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16")
