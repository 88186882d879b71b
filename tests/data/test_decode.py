import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from regimen.data.decode import decode, probe, reason

RNG = np.random.default_rng(0)


def saved(image: Image.Image, kind: str = "PNG", **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)).convert(mode)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_formats_give_their_pixels(kind):
    image = noise(7, 5)
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decode(saved(image, kind, **options), 5, 7, 3), np.asarray(image))


def test_jpeg_gives_pillows_pixels():
    file = saved(noise(16, 8), "JPEG")
    expected = np.asarray(Image.open(file))
    file.seek(0)
    np.testing.assert_array_equal(decode(file, 8, 16, 3), expected)


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    assert decode(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), 4, 4, 3)[0, 0].tolist() == [
        255,
        0,
        0,
    ]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("dtype", ["uint16", ">u2"])
def test_sixteen_bit_grey_is_scaled(kind, dtype):
    values = np.array([[0, 257, 32768, 65535]], dtype="uint16")
    image = Image.fromarray(values)
    if dtype == ">u2" and kind == "TIFF":
        image = Image.frombytes("I;16B", (4, 1), values.astype(dtype).tobytes())
    file = saved(image, kind)
    assert decode(file, 1, 4, 1)[0, :, 0].tolist() == [0, 1, 128, 255]
    file.seek(0)
    assert probe(file) == (1, 4, True)


def half_transparent(mode):
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (200, 0, 0, 255))
    return image.convert(mode)


def test_transparency_becomes_white():
    assert decode(saved(half_transparent("RGBA")), 1, 2, 3)[0].tolist() == [[255] * 3, [200, 0, 0]]
    assert decode(saved(half_transparent("LA")), 1, 2, 1)[0, 0].tolist() == [255]
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.putpixel((1, 0), 1)
    for transparency in (0, b"\0\xff"):
        pixels = decode(saved(palette, transparency=transparency), 1, 2, 3)
        assert pixels[0].tolist() == [[255] * 3, [200, 0, 0]]


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_other_modes_are_converted_as_pillow_does(mode):
    image = noise(6, 4, mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    np.testing.assert_array_equal(decode(saved(image, kind), 4, 6, 3), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(kind, orientation):
    image = noise(8, 8).resize((32, 16), Image.Resampling.BILINEAR)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    file = saved(image, kind, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
    height, width, _ = probe(file)
    assert (width, height) == upright.size == ((16, 32) if orientation >= 5 else (32, 16))
    file.seek(0)
    np.testing.assert_array_equal(decode(file, height, width, 3), np.asarray(upright.convert("RGB")))


@pytest.mark.parametrize("size", [(90, 60), (60, 90), (45, 45), (20, 30)])
def test_resizing_covers_and_crops_the_centre(size):
    image = noise(6, 4).resize(size, Image.Resampling.BICUBIC)
    expected = ImageOps.fit(image, (32, 24), Image.Resampling.LANCZOS)
    found = decode(saved(image), 24, 32, 3).astype(int)
    assert np.abs(found - np.asarray(expected)).max() <= 2  # reduced in two steps


def test_the_crop_is_central():
    image = Image.new("RGB", (30, 10), "red")
    image.paste("lime", (10, 0, 20, 10))
    assert (decode(saved(image), 10, 10, 3) == [0, 255, 0]).all()


def test_downscaling_is_antialiased():
    checks = Image.fromarray(np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 255)
    assert np.ptp(decode(saved(checks), 8, 8, 1).astype(int)) <= 2


def test_large_jpegs_are_reduced_while_decoding_without_being_seen():
    image = noise(10, 10).resize((1000, 800), Image.Resampling.BICUBIC)
    file = saved(image, "JPEG", quality=95)
    expected = ImageOps.fit(image, (32, 32), Image.Resampling.LANCZOS)
    assert np.abs(decode(file, 32, 32, 3).astype(int) - np.asarray(expected)).mean() < 2


@pytest.mark.parametrize(
    ("mode", "grey"), [("1", True), ("L", True), ("LA", True), ("RGB", False), ("P", False), ("RGBA", False)]
)
def test_probe(mode, grey):
    assert probe(saved(noise(7, 5, mode))) == (5, 7, grey)


def test_floating_point_pixels_are_refused():
    with pytest.raises(ValueError, match="floating-point"):
        decode(saved(noise(4, 4, "F"), "TIFF"), 4, 4, 1)


def test_reasons_are_short_and_repeatable():
    with pytest.raises(Exception, match="cannot identify") as caught:
        decode(io.BytesIO(b"hello"), 4, 4, 3)
    assert reason(caught.value) == "not an image"
    assert reason(Image.DecompressionBombError("…")) == "far too many pixels"
    assert reason(PermissionError(13, "Permission denied")) == "Permission denied"
    assert reason(IndexError()) == "IndexError"
