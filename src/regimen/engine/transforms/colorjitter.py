"""Images in another light."""

import torch
from torch import Tensor

from regimen.engine.transforms.chance import uniform
from regimen.engine.transforms.color import brightness, contrast, saturation


def colorjitter(images: Tensor, generator: torch.Generator, *, amount: float) -> Tensor:
    """Changes brightness, contrast and saturation of each image, in this order, each by a factor of its own.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        amount: factors are uniform from ``1 - amount…1 + amount``; 0–1.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    images = images.float()
    for change in (brightness, contrast, saturation):
        images = change(images, uniform(len(images), 1 - amount, 1 + amount, generator))
    return images
