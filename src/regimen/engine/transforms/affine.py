"""Turned, scaled, slanted and moved images: one function samples them all."""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

PADDING = {"edge": "border", "reflect": "reflection", "black": "zeros"}
"""What moves in at the border → padding mode of torch."""


def affine(images: Tensor, matrices: Tensor, fill: str, color: Tensor | float = 0.0) -> Tensor:
    """Gives each pixel the colour, bilinearly interpolated, of the place to which a matrix sends it.

    Args:
        images: uint8 or float32 (B, H, W, C), 0–255.
        matrices: float32 (B, 2, 3). Each sends ``(x, y, 1)`` in the result to ``(x, y)`` in the image: to the right and
            down, in pixels from the centre.
        fill: what lies outside the image: ``edge``, ``reflect`` (without repeating the edge) or ``black``.
        color: what takes the place of black, 0–255; float32 (C,), or one number for all channels.

    Returns:
        float32 (B, H, W, C), 0–255.
    """
    places, corner = _places(*images.shape[1:3], images.device)
    sources = torch.einsum("hwi,bji->bhwj", places, matrices / corner[:, None])  # (B, H, W, 2)
    planes = (images.float() - color).permute(0, 3, 1, 2)  # (B, C, H, W)
    sampled = grid_sample(planes, sources, mode="bilinear", padding_mode=PADDING[fill], align_corners=True)
    return (sampled.permute(0, 2, 3, 1).contiguous() + color).clamp(0, 255)


@cache
def _places(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """``(x, y, 1)`` of each pixel (H, W, 3), and ``(x, y)`` of the last one, in which `grid_sample` counts."""
    x, y = (torch.arange(size, dtype=torch.float32, device=device) - (size - 1) / 2 for size in (width, height))
    columns, rows = x.expand(height, -1), y[:, None].expand(-1, width)
    places = torch.stack((columns, rows, torch.ones_like(columns)), -1)
    return places, torch.stack((x[-1], y[-1])).clamp(min=0.5)


def turning(angles: Tensor) -> Tensor:
    """Matrices (B, 2, 3) that turn by angles (B,) in radians."""
    sine, cosine, zero = angles.sin(), angles.cos(), torch.zeros_like(angles)
    return _rows((cosine, -sine, zero), (sine, cosine, zero))


def scaling(factors: Tensor) -> Tensor:
    """Matrices (B, 2, 3) that show factors (B,) of each side of the image."""
    zero = torch.zeros_like(factors)
    return _rows((factors, zero, zero), (zero, factors, zero))


def slanting(right: Tensor, down: Tensor) -> Tensor:
    """Matrices (B, 2, 3) that shift rows by ``right`` (B,) pixels per row, and columns by ``down`` per column."""
    one, zero = torch.ones_like(right), torch.zeros_like(right)
    return _rows((one, right, zero), (down, one, zero))


def moving(right: Tensor, down: Tensor) -> Tensor:
    """Matrices (B, 2, 3) that move the place to look at by pixels (B,)."""
    one, zero = torch.ones_like(right), torch.zeros_like(right)
    return _rows((one, zero, right), (zero, one, down))


def _rows(*rows: tuple[Tensor, ...]) -> Tensor:
    return torch.stack([torch.stack(row, -1) for row in rows], -2)
