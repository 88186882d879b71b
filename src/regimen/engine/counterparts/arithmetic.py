"""Operations that Keras makes of ``+ - * /`` between tensors, such as the hard swish of MobileNetV3."""

import operator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart

_FUNCTIONS = {
    "Add": operator.add,
    "Multiply": operator.mul,
    "Subtract": operator.sub,
    "TrueDivide": operator.truediv,
}


class Arithmetic(Counterpart):
    """Keras' operations ``Add``, ``Multiply``, ``Subtract`` and ``TrueDivide``."""

    def __init__(self, operation: Any) -> None:
        super().__init__(operation)
        self.function = _FUNCTIONS[type(operation).__name__]

    def forward(self, x1: Any, x2: Any, *, training: bool) -> Tensor:
        """Two broadcastable tensors, or one and a number or array, to one tensor."""
        return self.function(_operand(x1), _operand(x2))


def _operand(x: Any) -> Any:
    return torch.as_tensor(x) if isinstance(x, np.ndarray) else x
