"""Activation functions: torch's own where there is one that computes the same, else Keras'."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart

Function = Callable[[Tensor], Tensor]


def _softmax(x: Tensor) -> Tensor:
    return F.softmax(x, dim=-1)


_FUNCTIONS: dict[str, Function] = {
    "elu": F.elu,
    "exponential": torch.exp,
    "gelu": F.gelu,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "linear": lambda x: x,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softmax": _softmax,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "tanh": torch.tanh,
}


def torch_activation(function: Any) -> Function:
    """The torch function that computes what a Keras activation computes.

    Args:
        function: a layer's ``activation`` attribute; one that is unknown here is called itself, which needs Keras'
            torch backend.
    """
    import keras

    if function is None:
        return _FUNCTIONS["linear"]
    name = getattr(function, "__name__", "")
    ours = name in _FUNCTIONS and function is getattr(keras.activations, name, None)
    return _FUNCTIONS[name] if ours else function


class Activation(Counterpart):
    """Keras' ``Activation``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.activation = torch_activation(layer.activation)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return self.activation(x)


class ReLU(Counterpart):
    """Keras' ``ReLU``, with its bound, slope and threshold."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.bound, self.slope, self.threshold = layer.max_value, float(layer.negative_slope), float(layer.threshold)
        plain = self.bound is None and not self.slope and not self.threshold
        self.activation = F.relu if plain else self._activate

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return self.activation(x)

    def _activate(self, x: Tensor) -> Tensor:
        if self.threshold:
            result = torch.where(x >= self.threshold, x, self.slope * (x - self.threshold))
        else:
            result = F.leaky_relu(x, self.slope) if self.slope else F.relu(x)
        return result if self.bound is None else result.clamp(max=self.bound)


class LeakyReLU(Counterpart):
    """Keras' ``LeakyReLU``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.slope = float(layer.negative_slope)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return F.leaky_relu(x, self.slope)


class PReLU(Counterpart):
    """Keras' ``PReLU``: a learned slope per position, or along whole axes.

    Source: He et al. (2015), Delving deep into rectifiers, ICCV, equation 1.
    """

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return F.relu(x) - self.alpha * F.relu(-x)


class Softmax(Counterpart):
    """Keras' ``Softmax`` over one axis."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axis = layer.axis

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Over one axis."""
        return isinstance(layer.axis, int)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return F.softmax(x, dim=self.axis)
