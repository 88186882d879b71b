"""Layers of noise: what they draw, against what Keras draws, and from which stream."""

import numpy as np
import pytest
import torch
from keras import layers

from regimen.engine.counterparts import counterpart
from regimen.engine.counterparts.fallback import KerasLayer


def test_dropout_is_bernoulli_scaled_and_off_in_inference():
    ours = counterpart(layers.Dropout(0.3))
    ours.reseed(1)
    x = torch.ones(200, 500)
    dropped = ours(x, training=True)
    assert set(np.unique(dropped.numpy()).round(5)) == {0.0, np.float32(1 / 0.7).round(5)}
    assert (dropped == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(ours(x, training=False), x)
    again = counterpart(layers.Dropout(0.3))
    again.reseed(1)
    assert torch.equal(again(x, training=True), dropped)


NOISES = {
    "dropout-images": (lambda: layers.Dropout(0.3, noise_shape=(None, 1, 1, 1)), (1, 2, 3)),
    "dropout-rows": (lambda: layers.Dropout(0.3, noise_shape=(None, None, 1, 1)), (2, 3)),
    "dropout-once": (lambda: layers.Dropout(0.3, noise_shape=(1, None, None, None)), (0,)),
    "spatial-dropout": (lambda: layers.SpatialDropout2D(0.3), (1, 2)),
    "spatial-dropout-channels-first": (lambda: layers.SpatialDropout2D(0.3, data_format="channels_first"), (2, 3)),
}


@pytest.mark.parametrize("case", NOISES)
def test_noise_is_drawn_along_the_axes_that_keras_draws_it_along(case):
    make, shared = NOISES[case]
    layer = make()
    ours = counterpart(layer)
    assert not isinstance(ours, KerasLayer)
    ours.reseed(3)
    x = torch.ones(12, 13, 14, 15)
    dropped = {"ours": ours(x, training=True), "theirs": layer(x, training=True)}
    for found in dropped.values():
        assert found.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
        one = found
        for axis in shared:
            one = one.narrow(axis, 0, 1)
        assert torch.equal(one.expand_as(found), found)
        deviation = (0.3 * 0.7 / one.numel()) ** 0.5
        assert (one == 0).float().mean().item() == pytest.approx(0.3, abs=4.5 * deviation)
    assert torch.equal(ours(x, training=False), x)


def test_gaussian_noise_has_the_standard_deviation_that_keras_gives_it():
    layer = layers.GaussianNoise(0.4)
    ours = counterpart(layer)
    ours.reseed(0)
    x = torch.rand(50, 20, 20, 3)
    noise = ours(x, training=True) - x
    for found in (noise, layer(x, training=True) - x):
        assert found.std().item() == pytest.approx(0.4, rel=0.02)
        assert found.mean().item() == pytest.approx(0, abs=0.01)
    assert (noise[0] - noise[1]).abs().min() > 0
    assert torch.equal(ours(x, training=False), x)
    again = counterpart(layers.GaussianNoise(0.4))
    again.reseed(0)
    assert torch.equal(again(x, training=True) - x, noise)


def test_gaussian_dropout_multiplies_by_the_noise_that_keras_multiplies_by():
    layer = layers.GaussianDropout(0.2)
    ours = counterpart(layer)
    ours.reseed(0)
    x = torch.full((50, 20, 20, 3), 3.0)
    for found in (ours(x, training=True), layer(x, training=True)):
        assert found.std().item() == pytest.approx(3 * 0.5, rel=0.02)  # √(0.2 / 0.8)
        assert found.mean().item() == pytest.approx(3, abs=0.05)
    assert torch.equal(ours(x, training=False), x)
    again = counterpart(layers.GaussianDropout(0.2))
    again.reseed(1)
    assert not torch.equal(again(x, training=True), ours(x, training=True))
    again.reseed(0)
    ours.reseed(0)
    assert torch.equal(again(x, training=True), ours(x, training=True))


def test_dropping_everything_is_left_to_keras():
    ours = counterpart(layers.Dropout(1.0))
    assert isinstance(ours, KerasLayer)
    assert ours(torch.ones(2, 3), training=True).sum() == 0
