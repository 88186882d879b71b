"""The picture of all remedies for images, and the script that draws it."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regimen.remedies import FAMILIES, parse_arms

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(DOCS / "augmentations.py"))


def test_every_remedy_for_images_has_a_row(script):
    words = [remedy.word for text in script["ARMS"] for remedy in parse_arms(text).values()]
    assert words == [remedy.word for remedy in FAMILIES["images"]]


def test_the_picture_is_drawn_as_it_is_kept(script, tmp_path):
    script["draw"](tmp_path / "drawn.png")
    with Image.open(tmp_path / "drawn.png") as drawn, Image.open(script["TARGET"]) as kept:
        pixels = [np.asarray(picture.convert("RGB")).astype(int) for picture in (drawn, kept)]
    assert pixels[0].shape == pixels[1].shape
    # fonts and palettes may differ a little elsewhere, what is drawn may not
    assert (np.abs(pixels[0] - pixels[1]).max(-1) > 40).mean() < 0.02
    assert script["TARGET"].stat().st_size < 600_000
