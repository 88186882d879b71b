"""Translated images."""

import torch
from torch import Tensor


def shift(images: Tensor, generator: torch.Generator, *, rows: int, columns: int, fill: str) -> Tensor:
    """Moves each image by whole pixels, uniformly from ``-rows…rows`` and ``-columns…columns``.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        rows: largest vertical shift in pixels.
        columns: largest horizontal shift in pixels.
        fill: ``edge``, ``reflect`` (without repeating the edge) or ``black``.
    """
    count, height, width, _ = images.shape
    down = torch.randint(-rows, rows + 1, (count, 1), generator=generator)
    right = torch.randint(-columns, columns + 1, (count, 1), generator=generator)
    y, y_inside = _sources(height, down, fill)
    x, x_inside = _sources(width, right, fill)
    moved = images[torch.arange(count)[:, None, None], y[:, :, None], x[:, None, :]]
    if fill == "black":
        moved = moved * (y_inside[:, :, None] & x_inside[:, None, :])[..., None]
    return moved


def _sources(size: int, offset: Tensor, fill: str) -> tuple[Tensor, Tensor]:
    """Where each pixel of an axis comes from (B, size), and whether that lies inside the image."""
    source = torch.arange(size)[None, :] - offset
    inside = (source >= 0) & (source < size)
    if fill == "reflect" and size > 1:
        source = source.abs() % (2 * (size - 1))
        source = torch.where(source >= size, 2 * (size - 1) - source, source)
    return source.clamp(0, size - 1), inside
