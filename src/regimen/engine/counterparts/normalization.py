"""Batch, group and layer normalization, the normalization of inputs by fixed statistics, and the scale of ConvNeXt."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class BatchNormalization(Counterpart):
    """Keras' ``BatchNormalization``.

    Keras keeps the biased variance as its running statistic where torch keeps the unbiased one, accepts a batch of one
    value, and a frozen layer (``trainable=False``) uses its running statistics in training too.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axis = layer.axis
        self.momentum, self.epsilon, self.frozen = layer.momentum, layer.epsilon, not layer.trainable
        for name, present in (("gamma", layer.scale), ("beta", layer.center)):
            if not present:
                setattr(self, name, None)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Without renormalization or synchronization."""
        return not layer.renorm and not layer.synchronized

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape; statistics over all axes but one."""
        x = x.movedim(self.axis, 1)
        if not training or self.frozen:
            result = F.batch_norm(x, self.moving_mean, self.moving_variance, self.gamma, self.beta, eps=self.epsilon)
            return result.movedim(1, self.axis)
        result, mean, inverse = torch.native_batch_norm(x, self.gamma, self.beta, None, None, True, 0.0, self.epsilon)
        with torch.no_grad():
            variance = inverse.float().pow(-2) - self.epsilon
            self.moving_mean.lerp_(mean.float(), 1 - self.momentum)
            self.moving_variance.lerp_(variance, 1 - self.momentum)
        return result.movedim(1, self.axis)


class GroupNormalization(Counterpart):
    """Keras' ``GroupNormalization``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axis, self.groups, self.epsilon = layer.axis, layer.groups, layer.epsilon
        if not layer.center:
            self.beta = None
        if not layer.scale:  # torch has no gradient of an offset without a scale
            self.register_buffer("gamma", torch.ones(self.beta.shape) if layer.center else None)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape; statistics per image and group along one axis."""
        x = x.movedim(self.axis, 1)
        return F.group_norm(x, self.groups, self.gamma, self.beta, self.epsilon).movedim(1, self.axis)


class LayerNormalization(Counterpart):
    """Keras' ``LayerNormalization`` over the last axes.

    Source: Ba, Kiros & Hinton (2016), Layer normalization, arXiv:1607.06450.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.rank, self.epsilon = len(layer.axis), layer.epsilon
        for name, present in (("gamma", layer.scale), ("beta", layer.center)):
            if not present:
                setattr(self, name, None)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Over the last axes, without the outdated scaling by the variance."""
        axes = len(layer.get_build_config()["input_shape"])
        last = range(axes - len(layer.axis), axes)
        return not getattr(layer, "rms_scaling", False) and [axis % axes for axis in layer.axis] == list(last)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape; statistics per image and position."""
        return F.layer_norm(x, x.shape[-self.rank :], self.gamma, self.beta, self.epsilon)


class Normalization(Counterpart):
    """Keras' ``Normalization``, with the statistics it holds."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        import numpy as np

        self.register_buffer("shift", torch.from_numpy(np.array(layer.mean, dtype=np.float32)))
        self.register_buffer("variance_", torch.from_numpy(np.array(layer.variance, dtype=np.float32)))

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Forward direction, with statistics that are part of the configuration."""
        return not layer.invert and layer.input_mean is not None

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return (x - self.shift) / self.variance_.sqrt().clamp(min=1e-7)


class LayerScale(Counterpart):
    """The ``LayerScale`` of Keras' ConvNeXt: one learned factor per channel.

    Source: Touvron et al. (2021), Going deeper with image transformers, ICCV, section 2.
    """

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …, C) to the same shape."""
        (gamma,) = self.weight_names  # Keras numbers it: variable_7
        return x * getattr(self, gamma)
