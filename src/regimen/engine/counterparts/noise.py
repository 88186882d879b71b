"""Layers that disturb what passes while training, each from a stream of its own."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart
from regimen.engine.device import random_stream


class _Noise(Counterpart):
    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.generator = random_stream()

    def reseed(self, seed: int) -> None:
        """Sets the stream of random numbers."""
        self.generator.manual_seed(seed)


def drawn_true(shape: Sequence[int], probability: float, generator: torch.Generator) -> Tensor:
    """Independent draws, bool of this shape; the probability is met to 1/65,536.

    Each takes 16 bits of a generator that is asked for 64 at a time, which is twice as fast as ``bernoulli_``.
    """
    count = math.prod(shape)
    bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    below = min(round(probability * 2**16), 2**16 - 1) - 2**15
    return (bits.view(torch.int16)[:count] < below).view(shape)


class Dropout(_Noise):
    """Keras' ``Dropout``; its ``noise_shape`` may hold 1 where one draw serves a whole axis."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.rate, self.noise_shape = float(layer.rate), layer.noise_shape

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """One draw per unit, or along whole axes; some of them kept."""
        return set(layer.noise_shape or ()) <= {None, 1} and layer.rate < 1

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        if not training or self.rate == 0:
            return x
        drawn = self.noise_shape or (None,) * x.dim()
        shape = [size if axis is None else 1 for size, axis in zip(x.shape, drawn, strict=True)]
        return x * drawn_true(shape, 1 - self.rate, self.generator).to(x.dtype).mul_(1 / (1 - self.rate))


class SpatialDropout2D(Dropout):
    """Keras' ``SpatialDropout2D``: one draw per image and channel."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.noise_shape = (None, 1, 1, None) if layer.data_format == "channels_last" else (None, None, 1, 1)


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


class GaussianDropout(_Noise):
    """Keras' ``GaussianDropout``: noise that multiplies, of mean 1 and as much variance as dropout at this rate.

    Source: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15,
    section 10.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.stddev = math.sqrt(layer.rate / (1 - layer.rate))

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Rates of finite variance."""
        return layer.rate < 1

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        if not training or self.stddev == 0:
            return x
        return x * torch.empty_like(x).normal_(1, self.stddev, generator=self.generator)
