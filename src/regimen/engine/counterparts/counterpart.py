"""What stands in for a Keras layer in the engine: a torch module with the layer's weights.

Values travel in Keras' shape, most often channels last, whatever a torch operation wants inside: permuting a
channels-last tensor to NCHW and back is a view, so convolutions see ``torch.channels_last`` memory without a copy.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn


class Counterpart(nn.Module):
    """A torch module that computes what a built Keras layer computes, with weights of its own.

    Attributes:
        axes: permutation from Keras' axes to torch's for the weights of which the orders differ, by name.
        activities: regularization losses of what the calls returned, scalars, until the program takes them.
    """

    axes: ClassVar[Mapping[str, tuple[int, ...]]] = {}

    def __init__(self, layer: Any) -> None:
        super().__init__()
        weights = getattr(layer, "weights", ())  # an operation on tensors has none
        self.weight_names = [variable.name for variable in weights]
        self.penalized = []
        self.constrained = []
        self.activities: list[Tensor] = []
        self.activity_regularizer = getattr(layer, "activity_regularizer", None)
        if self.activity_regularizer is not None:
            self.register_forward_hook(_regularize_activity)
        trainable = {id(variable) for variable in getattr(layer, "trainable_weights", ())}
        for variable in weights:
            value = self._to_torch(variable.name, np.asarray(variable.numpy()))
            if id(variable) in trainable:
                self.register_parameter(variable.name, nn.Parameter(value))
                if variable.regularizer is not None:
                    self.penalized.append((variable.name, variable.regularizer))
                if variable.constraint is not None:
                    self.constrained.append((variable.name, variable.constraint))
            else:
                self.register_buffer(variable.name, value)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Whether this class covers the settings of a layer; if not, Keras runs the layer itself."""
        return True

    def forward(self, *inputs: Any, training: bool) -> Any:
        """The layer's output for inputs in Keras' shapes."""
        raise NotImplementedError

    def reseed(self, seed: int) -> None:
        """Sets the stream of random numbers; called before each epoch."""

    def trainable(self) -> list[tuple[str, nn.Parameter]]:
        """The weights that training changes, with the names that Keras gives them."""
        return [(name, value) for name, value in self.named_parameters() if value.requires_grad]

    def penalty(self) -> list[Tensor]:
        """The regularization losses of the weights, scalars."""
        return [regularizer(self._as_keras(name)) for name, regularizer in self.penalized]

    def constrain(self) -> None:
        """Applies Keras' weight constraints, after an optimizer step."""
        for name, constraint in self.constrained:
            self._as_keras(name).copy_(constraint(self._as_keras(name)))

    def weights(self) -> list[Tensor]:
        """The weights in Keras' order and axes, as views."""
        return [self._as_keras(name).detach() for name in self.weight_names]

    def set_weights(self, arrays: list[Tensor]) -> None:
        """The inverse of `weights`."""
        with torch.no_grad():
            for name, array in zip(self.weight_names, arrays, strict=True):
                self._as_keras(name).copy_(array)

    def _as_keras(self, name: str) -> Tensor:
        value = getattr(self, name)
        axes = self.axes.get(name)
        return value if axes is None else value.permute(tuple(np.argsort(axes)))

    def _to_torch(self, name: str, array: np.ndarray) -> Tensor:
        value = torch.from_numpy(array.copy())
        axes = self.axes.get(name)
        if axes is None:
            return value
        value = value.permute(axes)
        memory = torch.channels_last if value.dim() == 4 else torch.contiguous_format
        return value.contiguous(memory_format=memory)


class ImageCounterpart(Counterpart):
    """Base of layers on images: `compute` sees channels first, as torch's operations do, whatever Keras sees."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.channels_last = layer.data_format == "channels_last"

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) → (B, H', W', C'), or both channels first."""
        return channels_last(self.compute(channels_first(x))) if self.channels_last else self.compute(x)

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C', H', W')."""
        raise NotImplementedError


def _regularize_activity(part: Counterpart, _: Any, output: Tensor) -> None:
    """Keras divides by the batch size, so that the strength does not depend on it."""
    part.activities.append(part.activity_regularizer(output.float()) / len(output))


def channels_first(x: Tensor) -> Tensor:
    """(B, H, W, C) → (B, C, H, W) as a view."""
    return x.permute(0, 3, 1, 2)


def channels_last(x: Tensor) -> Tensor:
    """(B, C, H, W) → (B, H, W, C) as a view."""
    return x.permute(0, 2, 3, 1)
