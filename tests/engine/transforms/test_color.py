"""Pillow's enhancers are the oracle; they round to whole values after each step."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from regimen.engine.transforms.color import brightness, contrast, grey, saturation

ENHANCERS = {brightness: ImageEnhance.Brightness, contrast: ImageEnhance.Contrast, saturation: ImageEnhance.Color}
FACTORS = torch.tensor([0.0, 0.4, 1.0, 1.9])


@pytest.mark.parametrize("change", list(ENHANCERS), ids=lambda change: change.__name__)
@pytest.mark.parametrize("channels", [1, 3])
def test_changes_are_those_of_pillow(photos, change, channels):
    images = photos[..., :channels]
    ours = change(images.float(), FACTORS)
    for image, factor, found in zip(images.numpy(), FACTORS.tolist(), ours.numpy(), strict=True):
        picture = ENHANCERS[change](Image.fromarray(image.squeeze())).enhance(factor)
        np.testing.assert_allclose(found.squeeze(), np.asarray(picture).astype(float), atol=1.6)


def test_a_factor_of_one_changes_no_bit(photos):
    for change in ENHANCERS:
        assert torch.equal(change(photos.float(), torch.ones(4)), photos.float())


def test_saturation_leaves_grey_images_alone(photos):
    alone = photos[..., :1].float()
    assert torch.equal(saturation(alone, FACTORS), alone)
    coloured = alone.expand(-1, -1, -1, 3)
    torch.testing.assert_close(saturation(coloured, FACTORS), coloured, atol=1e-3, rtol=0)
    torch.testing.assert_close(grey(coloured), alone, atol=1e-3, rtol=0)
