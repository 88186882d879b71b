"""Pictures of images inside the report."""

import base64
import io
from collections.abc import Iterable, Mapping

import numpy as np

LARGEST = 96  # pixels; larger pictures are made smaller
ROOM = 400_000  # bytes of all pictures together, so that a report can be sent around


def data_urls(pictures: Mapping[int, np.ndarray], wanted: Iterable[int]) -> dict[int, str]:
    """Pictures as data URLs.

    Args:
        pictures: position → uint8 (H, W, C), C 1 or 3.
        wanted: positions, the most important first; those without a picture, or beyond `ROOM`, are left out.
    """
    found: dict[int, str] = {}
    room = ROOM
    for position in wanted:
        if position in pictures:
            url = _data_url(pictures[position])
            room -= len(url)
            if room < 0:
                break
            found[position] = url
    return found


def _data_url(image: np.ndarray) -> str:
    from PIL import Image

    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture.thumbnail((LARGEST, LARGEST))
    file = io.BytesIO()
    picture.save(file, "webp", quality=90, lossless=max(picture.size) <= 16)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
