"""Dropout."""

from typing import Any

import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class Dropout(Counterpart):
    """Keras' ``Dropout``, its mask drawn from the layer's own stream."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.rate = float(layer.rate)
        self.generator = torch.Generator()

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """One draw per unit (no ``noise_shape``)."""
        return super().supports(layer) and layer.noise_shape is None

    def reseed(self, seed: int) -> None:
        """Sets the stream of masks."""
        self.generator.manual_seed(seed)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        if not training or self.rate == 0:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.rate, generator=self.generator)
        return x * kept.mul_(1 / (1 - self.rate))
