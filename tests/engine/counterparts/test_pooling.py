"""Pooling where Keras on torch is not Keras on TensorFlow."""

import torch
from keras import layers

from regimen.engine.counterparts import counterpart


def test_averages_with_same_padding_are_over_the_pixels_that_exist():
    """As TensorFlow has it; on torch, Keras repeats the border where padding is needed on one side only."""
    x = torch.arange(9.0).reshape(1, 3, 3, 1)
    received = counterpart(layers.AveragePooling2D(2, padding="same"))(x, training=False)
    assert received.flatten().tolist() == [(0 + 1 + 3 + 4) / 4, (2 + 5) / 2, (6 + 7) / 2, 8]
