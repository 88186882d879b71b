"""Convolution, and what every convolution shares."""

from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.activations import torch_activation
from regimen.engine.counterparts.counterpart import ImageCounterpart


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after one axis under Keras' (and TensorFlow's) "same" padding: the odd one goes last.

    >>> same_padding(8, 3, 1), same_padding(8, 3, 2)
    ((1, 1), (0, 1))
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class Convolution(ImageCounterpart):
    """Base of convolutions: strides, dilation, padding, bias and activation."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.strides, self.dilation = layer.strides, layer.dilation_rate
        self.kernel_size, self.same = layer.kernel_size, layer.padding == "same"
        self.activation = torch_activation(layer.activation)
        if not layer.use_bias:
            self.bias = None

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) → (B, H', W', filters), or channels first; activations see Keras' axes."""
        return self.activation(super().forward(x, training=training))

    def convolve(self, x: Tensor, kernel: Tensor, bias: Tensor | None, groups: int) -> Tensor:
        """(B, in, H, W) with a kernel (out, in / groups, kh, kw) → (B, out, H', W')."""
        padding = (0, 0)
        if self.same:
            sides = [
                same_padding(size, kernel_size, stride, dilation)
                for size, kernel_size, stride, dilation in zip(
                    x.shape[2:], self.kernel_size, self.strides, self.dilation, strict=True
                )
            ]
            if all(before == after for before, after in sides):
                padding = (sides[0][0], sides[1][0])
            else:
                x = F.pad(x, (*sides[1], *sides[0]))
        return F.conv2d(x, kernel, bias, self.strides, padding, self.dilation, groups)


class Conv2D(Convolution):
    """Keras' ``Conv2D``, grouped ones too."""

    axes: ClassVar = {"kernel": (3, 2, 0, 1)}  # (kh, kw, in, out) → (out, in, kh, kw)

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.groups = layer.groups

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Without low-rank adapters."""
        return not layer.lora_enabled

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, filters, H', W')."""
        return self.convolve(x, self.kernel, self.bias, self.groups)
