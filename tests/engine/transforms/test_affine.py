"""Keras' layers for turned, zoomed and moved images are the oracle, each with a range that leaves one value only."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import torch

from regimen.engine.transforms.affine import affine, moving, scaling, slanting, turning

FILL_MODES = {"edge": "nearest", "black": "constant"}


def assert_same(ours, theirs):
    np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), atol=0.02)


@pytest.mark.parametrize("fill", ["edge", "black"])
@pytest.mark.parametrize("degrees", [-90, -20, 7, 45, 180])
def test_turning_is_that_of_keras(photos, degrees, fill):
    layer = keras.layers.RandomRotation((degrees / 360, degrees / 360), fill_mode=FILL_MODES[fill])
    angles = torch.full((4,), float(np.radians(degrees)))
    assert_same(affine(photos, turning(angles), fill), layer(photos.numpy(), training=True))


@pytest.mark.parametrize("fill", ["edge", "black"])
@pytest.mark.parametrize("factor", [-0.5, -0.1, 0.0, 0.3])
def test_scaling_is_that_of_keras(photos, factor, fill):
    layer = keras.layers.RandomZoom((factor, factor), fill_mode=FILL_MODES[fill])
    assert_same(affine(photos, scaling(torch.full((4,), 1 + factor)), fill), layer(photos.numpy(), training=True))


@pytest.mark.parametrize("fill", ["edge", "black"])
def test_moving_is_that_of_keras(photos, fill):
    layer = keras.layers.RandomTranslation((0.2, 0.2), (-0.3, -0.3), fill_mode=FILL_MODES[fill])
    right, down = torch.full((4,), 0.3 * 12), torch.full((4,), -0.2 * 9)
    assert_same(affine(photos, moving(right, down), fill), layer(photos.numpy(), training=True))


@pytest.mark.parametrize(("fill", "mode"), [("edge", "nearest"), ("reflect", "mirror"), ("black", "grid-constant")])
def test_any_map_and_fill_is_that_of_scipy(photos, fill, mode):
    matrices = slanting(torch.tensor([0.3, -0.2, 0.0, 0.6]), torch.tensor([0.0, 0.1, -0.4, 0.5]))
    matrices[:, :, 2] = torch.tensor([[0.0, 0.0], [2.5, -1.0], [0.3, 0.0], [-9.0, 4.0]])
    ours = affine(photos, matrices, fill)
    for image, (to_x, to_y), found in zip(photos.numpy(), matrices.double().numpy(), ours.numpy(), strict=True):
        y, x = np.mgrid[0:9, 0:12] - np.array([4, 5.5])[:, None, None]
        places = [a * x + b * y + c + middle for (a, b, c), middle in ((to_y, 4), (to_x, 5.5))]
        for channel in range(3):
            theirs = scipy.ndimage.map_coordinates(image[..., channel].astype(float), places, order=1, mode=mode)
            np.testing.assert_allclose(found[..., channel], theirs, atol=0.02)


def test_a_colour_takes_the_place_of_black(photos):
    far, color = torch.full((4,), 100.0), torch.tensor([10.0, 120.5, 255.0])
    assert torch.equal(affine(photos, moving(far, far), "black", color), color.expand(4, 9, 12, 3))
    turned = turning(torch.full((4,), 0.3))
    inside = affine(torch.full((4, 9, 12, 3), 255.0), turned, "black") > 254.99
    ours, black = affine(photos, turned, "black", color), affine(photos, turned, "black")
    assert 0 < inside.float().mean() < 1
    torch.testing.assert_close(ours[inside], black[inside], atol=0.001, rtol=0)


def test_one_matrix_for_each_image(photos):
    angles = torch.tensor([0.0, 0.5, 1.0, 1.5])
    whole = affine(photos, turning(angles), "edge")
    for index in range(4):
        alone = affine(photos[index : index + 1], turning(angles[index : index + 1]), "edge")
        torch.testing.assert_close(whole[index : index + 1], alone)
    torch.testing.assert_close(whole[0], photos[0].float(), atol=0.001, rtol=0)
