"""Layers that join several inputs."""

from functools import reduce
from typing import Any

import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class Add(Counterpart):
    """Keras' ``Add``."""

    def forward(self, inputs: list[Tensor], *, training: bool) -> Tensor:
        """A list of broadcastable tensors to their sum."""
        return reduce(torch.add, inputs)


class Concatenate(Counterpart):
    """Keras' ``Concatenate``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axis = layer.axis

    def forward(self, inputs: list[Tensor], *, training: bool) -> Tensor:
        """A list of tensors, alike but for one axis, joined along it."""
        return torch.cat(inputs, dim=self.axis)
