"""Layers that join several inputs."""

from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar

import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class _Merging(Counterpart):
    """Combines its inputs pair by pair, from the first on."""

    combine: ClassVar[Callable[[Tensor, Tensor], Tensor]]

    def forward(self, inputs: list[Tensor], *, training: bool) -> Tensor:
        """A list of tensors that broadcast from the batch axis on, (B, C) with (B, H, W, C), to one tensor."""
        rank = max(x.dim() for x in inputs)
        return reduce(self.combine, [_of_rank(x, rank) for x in inputs])


def _of_rank(x: Tensor, rank: int) -> Tensor:
    """(B, …) → (B, 1, …, 1, …), as Keras aligns inputs of different ranks."""
    return x if x.dim() == rank else x.reshape(x.shape[0], *(1,) * (rank - x.dim()), *x.shape[1:])


class Add(_Merging):
    """Keras' ``Add``."""

    combine = staticmethod(torch.add)


class Average(Add):
    """Keras' ``Average``."""

    def forward(self, inputs: list[Tensor], *, training: bool) -> Tensor:
        """A list of broadcastable tensors to their mean."""
        return super().forward(inputs, training=training) / len(inputs)


class Maximum(_Merging):
    """Keras' ``Maximum``."""

    combine = staticmethod(torch.maximum)


class Minimum(_Merging):
    """Keras' ``Minimum``."""

    combine = staticmethod(torch.minimum)


class Multiply(_Merging):
    """Keras' ``Multiply``."""

    combine = staticmethod(torch.mul)


class Subtract(_Merging):
    """Keras' ``Subtract``, of two inputs."""

    combine = staticmethod(torch.sub)


class Concatenate(Counterpart):
    """Keras' ``Concatenate``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axis = layer.axis

    def forward(self, inputs: list[Tensor], *, training: bool) -> Tensor:
        """A list of tensors, alike but for one axis, joined along it."""
        return torch.cat(inputs, dim=self.axis)
