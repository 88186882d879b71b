import numpy as np
import pytest
import scipy.stats
import torch

from regimen.engine.transforms.rotate import rotate


def angles_of(images):
    """Degrees by which the line from the centre of a black image to its white spot has turned."""
    height, width = images.shape[1:3]
    weights = images[..., 0].double()
    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij")
    total = weights.sum((1, 2))
    return torch.rad2deg(torch.atan2((weights * y).sum((1, 2)) / total, (weights * x).sum((1, 2)) / total)).numpy()


@pytest.mark.parametrize("degrees", [15, 180])
def test_angles_are_uniform_either_way(degrees, stream):
    images = torch.zeros(800, 21, 21, 1)
    images[:, 9:12, 15:18] = 255
    found = angles_of(rotate(images, stream(), degrees=degrees, fill="black"))
    assert np.abs(found).max() <= degrees + 0.5
    assert scipy.stats.kstest(found, scipy.stats.uniform(-degrees, 2 * degrees).cdf).pvalue > 0.01


def test_the_centre_stays_and_the_fill_shows_at_the_corners(photos, stream):
    odd = photos[:, :, :11]
    for fill in ("edge", "reflect", "black"):
        turned = rotate(odd, stream(), degrees=90, fill=fill)
        torch.testing.assert_close(turned[:, 4, 5], odd[:, 4, 5].float(), atol=0.01, rtol=0)
    white = torch.full((8, 9, 9, 1), 255, dtype=torch.uint8)
    assert (rotate(white, stream(), degrees=40, fill="edge") > 254.99).all()
    black = rotate(white, stream(), degrees=40, fill="black")
    assert (black[:, 3:6, 3:6] > 254.99).all()
    assert black[:, 0, 0].min() < 1
