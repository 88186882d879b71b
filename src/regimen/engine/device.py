"""Where a study computes."""

import torch

from regimen.errors import OptionError, nearest

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(wanted: str) -> str:
    """``cpu`` or ``cuda``; ``auto`` is ``cpu`` for now, whatever there is, as nothing has been measured on a GPU.

    Raises:
        OptionError: another word, or no GPU that PyTorch can use.
    """
    if wanted not in DEVICES:
        raise OptionError(f"There is no device {wanted!r}. {nearest(str(wanted), DEVICES)}")
    if wanted == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda
        why = "finds no GPU on this machine" if built else "was built for the CPU alone"
        what = "Look at what nvidia-smi says" if built else "Install PyTorch for CUDA as pytorch.org says"
        raise OptionError(f"The device cuda needs a GPU, but PyTorch {torch.__version__} {why}. {what}, or use cpu.")
    return "cpu" if wanted == "auto" else wanted


def use(device: str, threads: int) -> None:
    """Makes a device that of this process: new tensors are made there. Numbers are the same every time.

    Args:
        device: ``cpu`` or ``cuda``.
        threads: of the CPU.
    """
    torch.set_num_threads(threads)
    if device != "cpu":  # the default device costs every call on the CPU a detour
        torch.set_default_device(device)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False  # float32 means float32


def random_stream() -> torch.Generator:
    """A generator for random numbers on the device of this process."""
    return torch.Generator(torch.get_default_device())
