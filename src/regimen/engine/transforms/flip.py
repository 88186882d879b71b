"""Mirrored images."""

import torch
from torch import Tensor


def flip(images: Tensor, generator: torch.Generator, *, probability: float, direction: str) -> Tensor:
    """Mirrors each image with a probability.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        probability: 0–1.
        direction: ``horizontal`` or ``vertical``.
    """
    chosen = torch.rand(len(images), generator=generator) < probability
    mirrored = images.flip(2 if direction == "horizontal" else 1)
    return torch.where(chosen[:, None, None, None], mirrored, images)
