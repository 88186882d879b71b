"""A few random operations on each image."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from regimen.engine.transforms.affine import affine, moving, slanting, turning
from regimen.engine.transforms.color import blend, brightness, contrast, saturation


def randaugment(
    images: Tensor, generator: torch.Generator, *, magnitude: float, operations: int, color: Sequence[float]
) -> Tensor:
    """Changes each image by operations drawn for it, one after the other, all of the same magnitude.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        magnitude: 0–10; where it has a direction, both are equally likely.
        operations: for each image, at least 1; an operation can be drawn twice.
        color: what moves in at the border, 0–255: one number for each channel, or one for all.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    images = images.to(torch.float32, copy=True)
    shape, fill = (operations, len(images)), torch.tensor(color, dtype=torch.float32)
    drawn = torch.randint(0, len(VALUES) + len(PLACES), shape, generator=generator)
    signs = torch.randint(0, 2, shape, generator=generator) * 2 - 1
    for numbers, signed in zip(drawn, signs * (magnitude / 10), strict=True):
        for number, change in enumerate(VALUES.values()):
            (chosen,) = torch.nonzero(numbers == number, as_tuple=True)
            if len(chosen):
                images[chosen] = change(images[chosen], signed[chosen])
        (chosen,) = torch.nonzero(numbers >= len(VALUES), as_tuple=True)
        if len(chosen):  # all that move pixels at once: sampling costs the most
            matrices = _matrices(numbers[chosen] - len(VALUES), signed[chosen], *images.shape[1:3])
            images[chosen] = affine(images[chosen], matrices, "black", fill)
    return images


def _matrices(numbers: Tensor, signed: Tensor, height: int, width: int) -> Tensor:
    """The maps (B, 2, 3) of the operations with these numbers (B,) among `PLACES`."""
    maps = torch.stack([place(signed, height, width) for place in PLACES.values()])  # (P, B, 2, 3)
    return maps[numbers, torch.arange(len(numbers))]


# What changes values takes float32 images (B, H, W, C) and their signed magnitudes (B,), -1…1.


def identity(images: Tensor, signed: Tensor) -> Tensor:
    """Leaves images as they are."""
    return images


def autocontrast(images: Tensor, signed: Tensor) -> Tensor:
    """Stretches each channel to 0–255, whatever the magnitude."""
    least, most = images.amin((1, 2), keepdim=True), images.amax((1, 2), keepdim=True)
    return torch.where(most > least, (images - least) * (255 / (most - least)), images).clamp(0, 255)


def equalize(images: Tensor, signed: Tensor) -> Tensor:
    """Makes the values of each channel equally frequent, as far as they can be, whatever the magnitude."""
    count, height, width, channels = images.shape
    values = images.permute(0, 3, 1, 2).reshape(count * channels, -1).round().long()
    histogram = torch.zeros(len(values), 256, dtype=torch.int64).scatter_add_(1, values, torch.ones_like(values))
    highest = histogram.gather(1, values.amax(1, keepdim=True))
    step = (height * width - highest) // 255  # pixels per value, (B * C, 1)
    table = (histogram.cumsum(1) - histogram + step // 2) // step.clamp(min=1)
    equal = table.clamp(max=255).gather(1, values).reshape(count, channels, height, width).permute(0, 2, 3, 1)
    return torch.where(step.reshape(count, 1, 1, channels) > 0, equal.float(), images)


def solarize(images: Tensor, signed: Tensor) -> Tensor:
    """Inverts the values from a threshold on, which goes from 256 down to 0."""
    threshold = 256 * (1 - signed.abs())[:, None, None, None]
    return torch.where(images < threshold, images, 255 - images)


def color(images: Tensor, signed: Tensor) -> Tensor:
    """Multiplies saturation by 0.1–1.9."""
    return saturation(images, 1 + 0.9 * signed)


def posterize(images: Tensor, signed: Tensor) -> Tensor:
    """Keeps the highest bits of each value, 8 down to 4 of them."""
    step = 2 ** (4 * signed.abs()).round()[:, None, None, None]
    return torch.where(step > 1, (images / step).floor() * step, images)


def contrasted(images: Tensor, signed: Tensor) -> Tensor:
    """Multiplies contrast by 0.1–1.9."""
    return contrast(images, 1 + 0.9 * signed)


def brightened(images: Tensor, signed: Tensor) -> Tensor:
    """Multiplies brightness by 0.1–1.9."""
    return brightness(images, 1 + 0.9 * signed)


def sharpness(images: Tensor, signed: Tensor) -> Tensor:
    """Multiplies the difference from a smoothed image by 0.1–1.9; the outermost pixels stay."""
    smooth = images.clone()
    height, width = images.shape[1] - 2, images.shape[2] - 2
    window = sum(images[:, y : y + height, x : x + width] for y in range(3) for x in range(3))
    smooth[:, 1:-1, 1:-1] = (window + 4 * images[:, 1:-1, 1:-1]) / 13
    return blend(smooth, images, 1 + 0.9 * signed)


# What moves pixels takes signed magnitudes (B,), height and width, and returns maps for `affine` (B, 2, 3).


def rotate(signed: Tensor, height: int, width: int) -> Tensor:
    """Turns by up to 30°."""
    return turning(signed * math.radians(30))


def shear_x(signed: Tensor, height: int, width: int) -> Tensor:
    """Slants by up to 0.3 pixels to the side per row."""
    return slanting(0.3 * signed, 0 * signed)


def shear_y(signed: Tensor, height: int, width: int) -> Tensor:
    """Slants by up to 0.3 pixels up or down per column."""
    return slanting(0 * signed, 0.3 * signed)


def translate_x(signed: Tensor, height: int, width: int) -> Tensor:
    """Moves sideways by up to 150/331 of the width."""
    return moving(150 / 331 * width * signed, 0 * signed)


def translate_y(signed: Tensor, height: int, width: int) -> Tensor:
    """Moves up or down by up to 150/331 of the height."""
    return moving(0 * signed, 150 / 331 * height * signed)


VALUES = {
    "identity": identity,
    "autocontrast": autocontrast,
    "equalize": equalize,
    "solarize": solarize,
    "color": color,
    "posterize": posterize,
    "contrast": contrasted,
    "brightness": brightened,
    "sharpness": sharpness,
}
PLACES = {
    "rotate": rotate,
    "shear-x": shear_x,
    "shear-y": shear_y,
    "translate-x": translate_x,
    "translate-y": translate_y,
}
"""Together the fourteen operations, by their names in the paper."""
