"""Images with a piece covered."""

from collections.abc import Sequence

import torch
from torch import Tensor


def cutout(images: Tensor, generator: torch.Generator, *, rows: int, columns: int, color: Sequence[float]) -> Tensor:
    """Covers a rectangle of each image, whose centre is uniform over the image, so that it may stick out.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        generator: the stream of this transform.
        rows: height of the rectangle in pixels.
        columns: its width.
        color: what covers it, 0–255: one number for each channel, or one for all.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    count, height, width, _ = images.shape
    covered_rows = _covered(count, height, rows, generator)[:, :, None]
    covered_columns = _covered(count, width, columns, generator)[:, None, :]
    covered = (covered_rows & covered_columns)[..., None]  # (B, H, W, 1)
    return torch.where(covered, torch.tensor(color, dtype=torch.float32), images.float())


def _covered(count: int, size: int, length: int, generator: torch.Generator) -> Tensor:
    """bool (count, size): which pixels of an axis lie within a stretch of some length around a random one."""
    start = torch.randint(0, size, (count, 1), generator=generator) - length // 2
    position = torch.arange(size)[None, :]
    return (position >= start) & (position < start + length)
