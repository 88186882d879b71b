"""Images seen from nearer or farther."""

import torch
from torch import Tensor

from regimen.engine.transforms.affine import affine, scaling
from regimen.engine.transforms.chance import uniform


def zoom(images: Tensor, generator: torch.Generator, *, fraction: float, fill: str) -> Tensor:
    """Shows a part of each side of each image, the same of both, uniformly from ``1 - fraction…1 + fraction``.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        fraction: 0 up to but not including 1.
        fill: ``edge``, ``reflect`` (without repeating the edge) or ``black``.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    return affine(images, scaling(uniform(len(images), 1 - fraction, 1 + fraction, generator)), fill)
