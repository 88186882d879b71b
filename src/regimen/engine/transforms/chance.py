"""Random numbers of transforms, drawn for a whole batch at once."""

import torch
from torch import Tensor


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """float32 (count,), uniform from ``low`` to ``high``."""
    return low + (high - low) * torch.rand(count, generator=generator)
