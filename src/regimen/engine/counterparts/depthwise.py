"""Convolutions of each channel by itself."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.convolution import Convolution

_AXES = (2, 3, 0, 1)  # (kh, kw, in, multiplier) → (in, multiplier, kh, kw)


def _grouped(kernel: Tensor) -> Tensor:
    """(in, multiplier, kh, kw) → (in * multiplier, 1, kh, kw): one group per input channel."""
    return kernel.flatten(0, 1).unsqueeze(1)


class DepthwiseConv2D(Convolution):
    """Keras' ``DepthwiseConv2D``."""

    axes: ClassVar = {"kernel": _AXES}

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C * multiplier, H', W')."""
        return self.convolve(x, _grouped(self.kernel), self.bias, x.shape[1])


class SeparableConv2D(Convolution):
    """Keras' ``SeparableConv2D``: depthwise, then a 1×1 convolution across channels."""

    axes: ClassVar = {"depthwise_kernel": _AXES, "pointwise_kernel": (3, 2, 0, 1)}

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, filters, H', W')."""
        x = self.convolve(x, _grouped(self.depthwise_kernel), None, x.shape[1])  # (B, C * multiplier, H', W')
        return F.conv2d(x, self.pointwise_kernel, self.bias)
