"""Turned images."""

import math

import torch
from torch import Tensor

from regimen.engine.transforms.affine import affine, turning
from regimen.engine.transforms.chance import uniform


def rotate(images: Tensor, generator: torch.Generator, *, degrees: float, fill: str) -> Tensor:
    """Turns each image about its centre by an angle, uniformly from ``-degrees…degrees``.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        degrees: largest angle, 0–180.
        fill: ``edge``, ``reflect`` (without repeating the edge) or ``black``.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    angles = uniform(len(images), -degrees, degrees, generator)
    return affine(images, turning(angles * (math.pi / 180)), fill)
