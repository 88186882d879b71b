"""Convolution."""

from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.activations import torch_activation
from regimen.engine.counterparts.counterpart import Counterpart, channels_first, channels_last


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after one axis under Keras' (and TensorFlow's) "same" padding: the odd one goes last.

    >>> same_padding(8, 3, 1), same_padding(8, 3, 2)
    ((1, 1), (0, 1))
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class Conv2D(Counterpart):
    """Keras' ``Conv2D``, channels last."""

    axes: ClassVar = {"kernel": (3, 2, 0, 1)}  # (kh, kw, in, out) → (out, in, kh, kw)

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.strides, self.dilation, self.groups = layer.strides, layer.dilation_rate, layer.groups
        self.kernel_size, self.same = layer.kernel_size, layer.padding == "same"
        self.activation = torch_activation(layer.activation)
        if not layer.use_bias:
            self.bias = None

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Channels last; grouped convolutions too."""
        return super().supports(layer) and layer.data_format == "channels_last" and not layer.lora_enabled

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) → (B, H', W', filters)."""
        x, padding = channels_first(x), (0, 0)
        if self.same:
            sides = [
                same_padding(size, kernel, stride, dilation)
                for size, kernel, stride, dilation in zip(
                    x.shape[2:], self.kernel_size, self.strides, self.dilation, strict=True
                )
            ]
            if all(before == after for before, after in sides):
                padding = (sides[0][0], sides[1][0])
            else:
                x = F.pad(x, (*sides[1], *sides[0]))
        x = F.conv2d(x, self.kernel, self.bias, self.strides, padding, self.dilation, self.groups)
        return self.activation(channels_last(x))
