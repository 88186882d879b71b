import numpy as np
import pytest
import torch

from regimen.engine.transforms.colorjitter import colorjitter


def by_hand(image, bright, contrast, colour):
    """float64 (H, W, 3), by the formulas of the card."""

    def luma(values):
        return values @ np.array([0.299, 0.587, 0.114])

    image = np.clip(bright * image, 0, 255)
    mean = luma(image).mean()
    image = np.clip(mean + contrast * (image - mean), 0, 255)
    grey = luma(image)[..., None]
    return np.clip(grey + colour * (image - grey), 0, 255)


@pytest.mark.parametrize("amount", [0.2, 1])
def test_three_factors_for_each_image(photos, stream, amount):
    factors = [1 - amount + 2 * amount * torch.rand(4, generator=generator) for generator in [stream(8)] for _ in "bcs"]
    ours = colorjitter(photos, stream(8), amount=amount)
    for image, found, *three in zip(photos.double().numpy(), ours.numpy(), *(f.tolist() for f in factors), strict=True):
        np.testing.assert_allclose(found, by_hand(image, *three), atol=0.01)


def test_brightness_is_uniform_around_one(stream):
    flat = torch.full((2000, 2, 2, 1), 100, dtype=torch.uint8)  # of one colour, so that contrast changes nothing
    found = colorjitter(flat, stream(), amount=0.5)[:, 0, 0, 0] / 100
    assert 0.5 <= found.min() < 0.51
    assert 1.49 < found.max() <= 1.5
    assert abs(found.mean() - 1) < 0.02
