"""Activation functions."""

import keras
import numpy as np
import torch
from keras import layers

from regimen.engine.counterparts import counterpart


def test_activation_functions_of_the_users_own():
    layer = layers.Dense(3, activation=lambda x: keras.ops.square(x))
    layer.build((None, 4))
    x = torch.rand(2, 4)
    np.testing.assert_allclose(counterpart(layer)(x, training=True).detach(), layer(x).detach(), rtol=1e-6)
