"""Normalization layers where Keras and torch differ."""

import numpy as np
import pytest
import torch
from keras import layers

from regimen.engine.counterparts import counterpart


def built(layer, shape):
    layer.build((None, *shape))
    return layer


def test_batch_normalization_takes_a_batch_of_one_value():
    layer = built(layers.BatchNormalization(beta_initializer="ones"), (3,))
    ours = counterpart(layer)
    x = torch.ones(1, 3)
    np.testing.assert_allclose(ours(x, training=True).detach(), layer(x, training=True).detach())
    assert torch.isfinite(ours.moving_variance).all()


def test_running_variance_is_the_biased_one():
    ours = counterpart(built(layers.BatchNormalization(momentum=0.0), (1,)))
    ours(torch.tensor([[1.0], [3.0]]), training=True)
    assert ours.moving_variance.item() == pytest.approx(1.0, abs=1e-5)  # unbiased: 2.0


def test_a_frozen_batch_normalization_stays_in_inference_mode_while_training(rng):
    ours = counterpart(built(layers.BatchNormalization(trainable=False), (3,)))
    x = torch.from_numpy(rng.normal(2, 3, size=(8, 3)).astype("float32"))
    assert torch.equal(ours(x, training=True), ours(x, training=False))
    assert torch.equal(ours.moving_mean, torch.zeros(3))
    assert ours.trainable() == []


@pytest.mark.parametrize(
    "make", [layers.BatchNormalization, layers.LayerNormalization, lambda: layers.GroupNormalization(2)]
)
def test_bfloat16_is_normalized_by_float32_statistics(make, rng):
    """1,000 ± 1: bfloat16 statistics would be off by more than the deviation."""
    x = torch.from_numpy(rng.normal(1000, 1, size=(8, 6, 6, 4)).astype("float32")).bfloat16()
    ours = counterpart(built(make(), (6, 6, 4)))
    with torch.autocast("cpu", torch.bfloat16):
        received = ours(x, training=True)
    np.testing.assert_allclose(received.float().detach(), ours(x.float(), training=True).detach(), atol=0.02)
