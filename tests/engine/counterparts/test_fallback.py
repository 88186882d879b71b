"""Layers that Keras runs: random streams, gradients, calls."""

import keras
import pytest
import torch
from keras import layers

from regimen.engine.counterparts import counterpart
from regimen.engine.counterparts.fallback import KerasLayer


def test_layers_unknown_to_the_engine_are_run_by_keras_with_gradients():
    layer = layers.Conv2DTranspose(3, 3)
    layer.build((None, 7, 9, 4))
    ours = counterpart(layer)
    assert isinstance(ours, KerasLayer)
    ours(torch.rand(2, 7, 9, 4), training=True).sum().backward()
    assert all(parameter.grad is not None for parameter in ours.parameters() if parameter.requires_grad)
    assert sum(parameter.requires_grad for parameter in ours.parameters()) == 2


class Unseeded(layers.Layer):
    """Draws from the generator that all of Keras shares."""

    def call(self, x, training=None):
        return x * keras.random.uniform(x.shape) if training else x


@pytest.mark.parametrize("make", [lambda: layers.AlphaDropout(0.5), Unseeded], ids=["seeded", "unseeded"])
def test_random_keras_layers_follow_the_streams(make):
    ours = counterpart(make())
    assert isinstance(ours, KerasLayer)
    x = torch.ones(2, 8)

    def draw(seed):
        ours.reseed(seed)
        return ours(x, training=True)

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    ours.reseed(1)
    first, second = ours(x, training=True), ours(x, training=True)
    assert not torch.equal(first, second)


def test_a_layer_of_one_name_but_another_class_is_not_mistaken():
    class Dense(layers.Layer):
        def call(self, x):
            return x + 1

    assert isinstance(counterpart(Dense()), KerasLayer)
