"""Colour: blends of images with what takes one quality out of them.

A factor of 0 takes the quality out, 1 leaves the image as it is, and larger ones add to the quality.
"""

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey (ITU-R BT.601)."""


def grey(images: Tensor) -> Tensor:
    """float32 (B, H, W, C) → (B, H, W, 1); the mean of the channels where there are not three."""
    shares = LUMA if images.shape[-1] == 3 else (1 / images.shape[-1],) * images.shape[-1]
    return images @ torch.tensor(shares)[:, None]


def brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Blends float32 images (B, H, W, C) with black, by factors (B,)."""
    return blend(torch.zeros(()), images, factors)


def contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Blends float32 images (B, H, W, C) with their mean grey, by factors (B,)."""
    return blend(grey(images).mean((1, 2), keepdim=True), images, factors)


def saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Blends float32 images (B, H, W, C) with their grey image, by factors (B,); leaves grey ones as they are."""
    return images if images.shape[-1] == 1 else blend(grey(images), images, factors)


def blend(zero: Tensor, images: Tensor, factors: Tensor) -> Tensor:
    """From ``zero`` towards the images and beyond, by factors (B,), cut off at 0 and 255."""
    return torch.lerp(zero.expand_as(images), images, factors[:, None, None, None]).clamp(0, 255)
