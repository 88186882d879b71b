"""One image file to pixels, with Pillow.

Requirements:
- what a person sees is what the model gets: EXIF orientation is honoured, transparency becomes white;
- the picture keeps its aspect ratio: it is scaled to cover the target, and what sticks out is cut off equally on
  both sides;
- downscaling is antialiased (Lanczos); pictures much larger than the target are first reduced by a whole factor,
  JPEG files already while decoding, to three times the target or more, which Pillow calls almost
  indistinguishable from resampling in one step.
"""

from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

VERSION = 1  # of the pixels that `decode` makes; part of the cache's key
REDUCING_GAP = 3.0
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})


def probe(file: BinaryIO) -> tuple[int, int, bool]:
    """Height, width and whether the image is grey, from the file's header."""
    with Image.open(file) as image:
        width, height = image.size
        # Asking for EXIF where there is none would decode PNG files. (TIFF files give their upright size.)
        if "exif" in image.info and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:
            width, height = height, width
        return height, width, image.mode in GREY_MODES


def decode(file: BinaryIO, height: int, width: int, channels: int) -> np.ndarray:
    """Decodes, turns upright, converts and fits one image.

    Args:
        file: the file's content.
        height: pixels.
        width: pixels.
        channels: 1 for grey (ITU-R 601), 3 for RGB.

    Returns:
        uint8 (height, width, channels).

    Raises:
        Exception: whatever Pillow raises for broken files.
    """
    with Image.open(file) as image:
        side = int(REDUCING_GAP * max(height, width))  # a square, since the picture may yet be turned
        image.draft(None, (side, side))
        ImageOps.exif_transpose(image, in_place=True)
        pixels = _fitted(_converted(image, "L" if channels == 1 else "RGB"), height, width)
    return np.asarray(pixels).reshape(height, width, channels)


def reason(error: Exception) -> str:
    """A few words for people on why an image could not be read."""
    if isinstance(error, UnidentifiedImageError):  # its own text shows a memory address
        return "not an image"
    if isinstance(error, Image.DecompressionBombError):
        return "far too many pixels"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:100]


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == "F":
        raise ValueError("pixels are floating-point numbers, whose range is unknown")
    if image.mode.startswith("I"):
        image = _from_16_bit(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", image.size, "white")
        image.alpha_composite(layer)
    return image if image.mode == mode else image.convert(mode)


def _from_16_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("grey values exceed 16 bits")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))


def _fitted(image: Image.Image, height: int, width: int) -> Image.Image:
    if image.size == (width, height):
        return image
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    box = (
        max(box[0], 0),
        max(box[1], 0),
        min(box[2], image.width),
        min(box[3], image.height),
    )  # against rounding
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)
