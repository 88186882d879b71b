"""Batch and group normalization, and the normalization of inputs by fixed statistics."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class BatchNormalization(Counterpart):
    """Keras' ``BatchNormalization`` over the last axis.

    Keras keeps the biased variance as its running statistic where torch keeps the unbiased one, accepts a batch of one
    value, and a frozen layer (``trainable=False``) uses its running statistics in training too.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.momentum, self.epsilon, self.frozen = layer.momentum, layer.epsilon, not layer.trainable
        for name, present in (("gamma", layer.scale), ("beta", layer.center)):
            if not present:
                setattr(self, name, None)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """The last axis, without renormalization or synchronization."""
        last = layer.axis in (-1, len(layer.moving_mean.shape) + 2)
        return super().supports(layer) and last and not layer.renorm and not layer.synchronized

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …, C) to the same shape; statistics over all axes but the last."""
        x = x.movedim(-1, 1)
        if not training or self.frozen:
            result = F.batch_norm(x, self.moving_mean, self.moving_variance, self.gamma, self.beta, eps=self.epsilon)
            return result.movedim(1, -1)
        result, mean, inverse = torch.native_batch_norm(x, self.gamma, self.beta, None, None, True, 0.0, self.epsilon)
        with torch.no_grad():
            variance = inverse.float().pow(-2) - self.epsilon
            self.moving_mean.lerp_(mean.float(), 1 - self.momentum)
            self.moving_variance.lerp_(variance, 1 - self.momentum)
        return result.movedim(1, -1)


class GroupNormalization(Counterpart):
    """Keras' ``GroupNormalization`` over the last axis."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.groups, self.epsilon = layer.groups, layer.epsilon
        for name, present in (("gamma", layer.scale), ("beta", layer.center)):
            if not present:
                setattr(self, name, None)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """The last axis; torch knows no offset without a scale."""
        last = layer.axis in (-1, layer.input_spec.ndim - 1)
        return super().supports(layer) and last and (layer.scale or not layer.center)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …, C) to the same shape; statistics per image and group of channels."""
        return F.group_norm(x.movedim(-1, 1), self.groups, self.gamma, self.beta, self.epsilon).movedim(1, -1)


class Normalization(Counterpart):
    """Keras' ``Normalization`` over the last axis, with the statistics it holds."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        import numpy as np

        self.register_buffer("shift", torch.from_numpy(np.array(layer.mean, dtype=np.float32)))
        self.register_buffer("variance_", torch.from_numpy(np.array(layer.variance, dtype=np.float32)))

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Forward direction, with statistics that are part of the configuration."""
        return super().supports(layer) and not layer.invert and layer.input_mean is not None

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return (x - self.shift) / self.variance_.sqrt().clamp(min=1e-7)
