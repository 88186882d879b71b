"""Layers that disturb what passes while training, each from a stream of its own."""

from typing import Any

import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class _Noise(Counterpart):
    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.generator = torch.Generator()

    def reseed(self, seed: int) -> None:
        """Sets the stream of random numbers."""
        self.generator.manual_seed(seed)


class Dropout(_Noise):
    """Keras' ``Dropout``; its ``noise_shape`` may hold 1 where one draw serves a whole axis."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.rate, self.noise_shape = float(layer.rate), layer.noise_shape

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """One draw per unit, or along whole axes."""
        return super().supports(layer) and set(layer.noise_shape or ()) <= {None, 1}

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        if not training or self.rate == 0:
            return x
        if self.noise_shape is None:
            kept = torch.empty_like(x)
        else:
            axes = zip(x.shape, self.noise_shape, strict=True)
            kept = x.new_empty([size if drawn is None else 1 for size, drawn in axes])
        return x * kept.bernoulli_(1 - self.rate, generator=self.generator).mul_(1 / (1 - self.rate))


class SpatialDropout2D(Dropout):
    """Keras' ``SpatialDropout2D``, channels last: one draw per image and channel."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.noise_shape = (None, 1, 1, None)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Channels last."""
        return super().supports(layer) and layer.data_format == "channels_last"


class GaussianNoise(_Noise):
    """Keras' ``GaussianNoise``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.stddev = float(layer.stddev)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        if not training or self.stddev == 0:
            return x
        return x + torch.empty_like(x).normal_(0, self.stddev, generator=self.generator)
