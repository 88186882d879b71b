"""The counterpart of each Keras layer class. Everything else is run by Keras itself."""

from typing import Any

from keras import layers

from regimen.engine.counterparts.activations import Activation, LeakyReLU, ReLU, Softmax
from regimen.engine.counterparts.convolution import Conv2D
from regimen.engine.counterparts.counterpart import Counterpart
from regimen.engine.counterparts.dense import Dense
from regimen.engine.counterparts.fallback import KerasLayer, KerasOperation
from regimen.engine.counterparts.merging import Add, Concatenate
from regimen.engine.counterparts.noise import Dropout, GaussianNoise, SpatialDropout2D
from regimen.engine.counterparts.normalization import BatchNormalization, GroupNormalization, Normalization
from regimen.engine.counterparts.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from regimen.engine.counterparts.shape import Flatten, Identity, Rescaling, Reshape, ZeroPadding2D

COUNTERPARTS: dict[type, type[Counterpart]] = {
    layers.Activation: Activation,
    layers.Add: Add,
    layers.AveragePooling2D: AveragePooling2D,
    layers.BatchNormalization: BatchNormalization,
    layers.Concatenate: Concatenate,
    layers.Conv2D: Conv2D,
    layers.Dense: Dense,
    layers.Dropout: Dropout,
    layers.Flatten: Flatten,
    layers.GaussianNoise: GaussianNoise,
    layers.GlobalAveragePooling2D: GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D: GlobalMaxPooling2D,
    layers.GroupNormalization: GroupNormalization,
    layers.Identity: Identity,
    layers.LeakyReLU: LeakyReLU,
    layers.MaxPooling2D: MaxPooling2D,
    layers.Normalization: Normalization,
    layers.ReLU: ReLU,
    layers.Rescaling: Rescaling,
    layers.Reshape: Reshape,
    layers.Softmax: Softmax,
    layers.SpatialDropout2D: SpatialDropout2D,
    layers.ZeroPadding2D: ZeroPadding2D,
}


def counterpart(layer: Any) -> Counterpart:
    """The torch module for a built Keras layer, or for an operation on tensors."""
    ours = COUNTERPARTS.get(type(layer))
    if ours is not None and ours.supports(layer):
        return ours(layer)
    return KerasLayer(layer) if isinstance(layer, layers.Layer) else KerasOperation(layer)
