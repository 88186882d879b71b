"""Pillow and SciPy are the oracles of the operations; Pillow rounds to whole values."""

import math

import numpy as np
import pytest
import scipy.ndimage
import torch
from PIL import Image, ImageEnhance, ImageOps

from regimen.engine.transforms.affine import affine
from regimen.engine.transforms.randaugment import PLACES, VALUES, randaugment

FILL = torch.tensor([127.5])
ENHANCERS = {
    "color": ImageEnhance.Color,
    "contrast": ImageEnhance.Contrast,
    "brightness": ImageEnhance.Brightness,
    "sharpness": ImageEnhance.Sharpness,
}
PILLOW = {
    "identity": lambda picture, signed: picture,
    "autocontrast": lambda picture, signed: ImageOps.autocontrast(picture),
    "equalize": lambda picture, signed: ImageOps.equalize(picture),
    "solarize": lambda picture, signed: ImageOps.solarize(picture, 256 * (1 - abs(signed))),
    "posterize": lambda picture, signed: ImageOps.posterize(picture, 8 - round(4 * abs(signed))),
    **{
        name: lambda picture, signed, enhancer=enhancer: enhancer(picture).enhance(1 + 0.9 * signed)
        for name, enhancer in ENHANCERS.items()
    },
}
MAPS = {  # (y, x) in the result, from the centre → (y, x) in the image, at magnitude 10
    "rotate": lambda y, x: (x / 2 + y * math.sqrt(3) / 2, x * math.sqrt(3) / 2 - y / 2),
    "shear-x": lambda y, x: (y, x + 0.3 * y),
    "shear-y": lambda y, x: (y + 0.3 * x, x),
    "translate-x": lambda y, x: (y, x + 32 * 150 / 331),
    "translate-y": lambda y, x: (y + 24 * 150 / 331, x),
}


@pytest.fixture
def images():
    """Three uint8 images (3, 24, 32, 3) of little contrast, with noise so that values are many."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:24, 0:32][..., None] / 5
    waves = 90 + 40 * np.sin(x * rng.uniform(0.5, 2, (3, 1, 1, 3)) + y) + rng.normal(0, 8, (3, 24, 32, 3))
    return np.clip(waves, 5, 240).astype(np.uint8)


def applied(name, images, signed):
    """What an operation makes of float images (B, 24, 32, C)."""
    if name in VALUES:
        return VALUES[name](images, signed)
    return affine(images, PLACES[name](signed, 24, 32), "black", FILL)


def test_all_operations_of_the_paper_have_an_oracle():
    assert len(VALUES) + len(PLACES) == 14
    assert (set(VALUES), set(PLACES)) == (set(PILLOW), set(MAPS))


@pytest.mark.parametrize("name", list(PILLOW))
@pytest.mark.parametrize("channels", [1, 3])
def test_operations_on_values_are_those_of_pillow(images, name, channels):
    signed = torch.tensor([-0.5, 0.3, 1.0])
    given = images[..., :channels]
    ours = applied(name, torch.from_numpy(given).float(), signed).numpy()
    exact = name in ("identity", "equalize", "solarize", "posterize")
    for image, one, found in zip(given, signed.tolist(), ours, strict=True):
        theirs = np.asarray(PILLOW[name](Image.fromarray(image.squeeze()), one)).astype(float)
        np.testing.assert_allclose(found.squeeze(), theirs, atol=1e-4 if exact else 2)
        assert np.abs(found.squeeze() - theirs).mean() < 0.8


@pytest.mark.parametrize("name", list(MAPS))
def test_operations_on_places_are_those_of_scipy(images, name):
    y, x = np.mgrid[0:24, 0:32] - np.array([11.5, 15.5])[:, None, None]
    places = np.stack(MAPS[name](y, x)) + np.array([11.5, 15.5])[:, None, None]
    ours = applied(name, torch.from_numpy(images).float(), torch.ones(3)).numpy()
    for image, found in zip(images, ours, strict=True):
        for channel in range(3):
            theirs = scipy.ndimage.map_coordinates(
                image[..., channel].astype(float), places, order=1, mode="grid-constant", cval=127.5
            )
            np.testing.assert_allclose(found[..., channel], theirs, atol=0.02)


def test_images_of_one_colour_stay_as_they_are_where_there_is_nothing_to_stretch():
    flat = torch.full((2, 6, 6, 3), 77.0)
    for name in ("autocontrast", "equalize"):
        assert torch.equal(VALUES[name](flat, torch.ones(2)), flat)


def test_without_magnitude_only_the_two_operations_that_have_none_change_anything(images):
    given = torch.from_numpy(images).float() + 0.25
    changing = {
        name
        for name in (*VALUES, *PLACES)
        if not torch.allclose(applied(name, given, torch.zeros(3)), given, atol=0.01)
    }
    assert changing == {"autocontrast", "equalize"}


def same(images, other):
    """bool (B,): alike but for the rounding in which batches of different sizes may differ."""
    return (images - other).abs().amax((1, 2, 3)) < 0.01


@pytest.mark.parametrize("operations", [1, 2])
def test_every_operation_is_drawn_equally_often_in_both_directions(images, stream, operations):
    given = torch.from_numpy(images[:1]).float()
    alike = given.expand(1400, -1, -1, -1)
    changed = randaugment(alike, stream(), magnitude=6, operations=operations, color=FILL.tolist())
    outcomes = []  # (image, names of the operations that make it)
    for name in (*VALUES, *PLACES):
        for sign in (-0.6, 0.6):
            made = applied(name, given, torch.tensor([sign]))
            names = next((names for known, names in outcomes if same(made, known).all()), None)
            if names is None:
                names = []
                outcomes.append((made, names))
            names.append(name)
    counts = [int(same(changed, made).sum()) for made, _ in outcomes]
    if operations == 1:
        assert sum(counts) == 1400
        for count, (_, names) in zip(counts, outcomes, strict=True):
            expected = 50 * len(names)
            assert abs(count - expected) < 4 * expected**0.5, names
    else:
        unchanged = int(same(changed, given).sum())
        assert 0 < unchanged < 1400 / 14  # only where identity was drawn twice, or colours could not change
