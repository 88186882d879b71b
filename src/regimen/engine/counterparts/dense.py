"""The dense layer."""

from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.activations import torch_activation
from regimen.engine.counterparts.counterpart import Counterpart


class Dense(Counterpart):
    """Keras' ``Dense``, over the last axis."""

    axes: ClassVar = {"kernel": (1, 0)}  # (in, out) → (out, in)

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.activation = torch_activation(layer.activation)
        if not layer.use_bias:
            self.bias = None

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Without low-rank adapters or quantization."""
        return not layer.lora_enabled and layer.quantization_mode is None

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …, in) → (B, …, units)."""
        return self.activation(F.linear(x, self.kernel, self.bias))
