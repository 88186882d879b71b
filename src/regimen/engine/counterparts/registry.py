"""The counterpart of each Keras layer class. Everything else is run by Keras itself."""

from typing import Any

from keras import layers

from regimen.engine.counterparts.activations import Activation, LeakyReLU, PReLU, ReLU, Softmax
from regimen.engine.counterparts.arithmetic import Arithmetic
from regimen.engine.counterparts.convolution import Conv2D
from regimen.engine.counterparts.counterpart import Counterpart
from regimen.engine.counterparts.dense import Dense
from regimen.engine.counterparts.depthwise import DepthwiseConv2D, SeparableConv2D
from regimen.engine.counterparts.fallback import KerasLayer, KerasOperation
from regimen.engine.counterparts.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from regimen.engine.counterparts.noise import Dropout, GaussianDropout, GaussianNoise, SpatialDropout2D
from regimen.engine.counterparts.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    LayerScale,
    Normalization,
)
from regimen.engine.counterparts.pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from regimen.engine.counterparts.shape import (
    Cropping2D,
    Flatten,
    Identity,
    Permute,
    Rescaling,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)

COUNTERPARTS: dict[type, type[Counterpart]] = {
    layers.Activation: Activation,
    layers.ActivityRegularization: Identity,
    layers.Add: Add,
    layers.Average: Average,
    layers.AveragePooling2D: AveragePooling2D,
    layers.BatchNormalization: BatchNormalization,
    layers.Concatenate: Concatenate,
    layers.Conv2D: Conv2D,
    layers.Cropping2D: Cropping2D,
    layers.Dense: Dense,
    layers.DepthwiseConv2D: DepthwiseConv2D,
    layers.Dropout: Dropout,
    layers.Flatten: Flatten,
    layers.GaussianDropout: GaussianDropout,
    layers.GaussianNoise: GaussianNoise,
    layers.GlobalAveragePooling2D: GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D: GlobalMaxPooling2D,
    layers.GroupNormalization: GroupNormalization,
    layers.Identity: Identity,
    layers.LayerNormalization: LayerNormalization,
    layers.LeakyReLU: LeakyReLU,
    layers.Maximum: Maximum,
    layers.MaxPooling2D: MaxPooling2D,
    layers.Minimum: Minimum,
    layers.Multiply: Multiply,
    layers.Normalization: Normalization,
    layers.Permute: Permute,
    layers.PReLU: PReLU,
    layers.ReLU: ReLU,
    layers.Rescaling: Rescaling,
    layers.Reshape: Reshape,
    layers.SeparableConv2D: SeparableConv2D,
    layers.Softmax: Softmax,
    layers.SpatialDropout2D: SpatialDropout2D,
    layers.Subtract: Subtract,
    layers.UpSampling2D: UpSampling2D,
    layers.ZeroPadding2D: ZeroPadding2D,
}

UNEXPORTED: dict[str, type[Counterpart]] = {
    "keras.src.applications.convnext.LayerScale": LayerScale,
    "keras.src.ops.numpy.Add": Arithmetic,
    "keras.src.ops.numpy.Multiply": Arithmetic,
    "keras.src.ops.numpy.Subtract": Arithmetic,
    "keras.src.ops.numpy.TrueDivide": Arithmetic,
}
"""By import path, since Keras exports only the functions that make these; if it moves them, it runs them itself."""


def counterpart(layer: Any) -> Counterpart:
    """The torch module for a built Keras layer, or for an operation on tensors."""
    cls = type(layer)
    ours = COUNTERPARTS.get(cls) or UNEXPORTED.get(f"{cls.__module__}.{cls.__qualname__}")
    if ours is not None and ours.supports(layer):
        return ours(layer)
    return KerasLayer(layer) if isinstance(layer, layers.Layer) else KerasOperation(layer)
