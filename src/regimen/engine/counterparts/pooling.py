"""Pooling layers."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.activations import torch_activation
from regimen.engine.counterparts.convolution import same_padding
from regimen.engine.counterparts.counterpart import Counterpart, ImageCounterpart


class _Pooling(ImageCounterpart):
    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.size, self.strides, self.same = layer.pool_size, layer.strides, layer.padding == "same"

    def _sides(self, x: Tensor) -> tuple[int, ...]:
        """What ``F.pad`` takes for an NCHW tensor; all zero without "same" padding."""
        if not self.same:
            return (0, 0, 0, 0)
        rows, columns = (
            same_padding(size, pool, stride)
            for size, pool, stride in zip(x.shape[2:], self.size, self.strides, strict=True)
        )
        return (*columns, *rows)


class MaxPooling2D(_Pooling):
    """Keras' ``MaxPooling2D``.

    Attributes:
        activation: of what it returns; Keras' layer has none, see `take_activation`.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.activation = torch_activation(None)

    def take_activation(self, before: Counterpart) -> None:
        """Computes the ReLU of the layer before it, if that has one: the same numbers, from as few as pooling leaves.

        The maximum of a window commutes with it, and so does the gradient: it goes to the first of the largest
        elements, or nowhere if that is not positive.

        Args:
            before: whose output nothing else reads.
        """
        if getattr(before, "activation", None) is F.relu and before.activity_regularizer is None:
            self.activation, before.activation = before.activation, self.activation

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) → (B, H', W', C), or both channels first."""
        return self.activation(super().forward(x, training=training))

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        sides = self._sides(x)
        if any(sides):
            x = F.pad(x, sides, value=-torch.inf)
        return F.max_pool2d(x, self.size, self.strides)


class AveragePooling2D(_Pooling):
    """Keras' ``AveragePooling2D``: with "same" padding the average is over the pixels that exist."""

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        sides = self._sides(x)
        if not any(sides):
            return F.avg_pool2d(x, self.size, self.strides)
        inside = F.pad(torch.ones_like(x[:1, :1]), sides)
        total = F.avg_pool2d(F.pad(x, sides), self.size, self.strides)
        return total / F.avg_pool2d(inside, self.size, self.strides)


class _GlobalPooling(Counterpart):
    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.axes_pooled = (1, 2) if layer.data_format == "channels_last" else (2, 3)
        self.keepdims = layer.keepdims


class GlobalAveragePooling2D(_GlobalPooling):
    """Keras' ``GlobalAveragePooling2D``."""

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) or (B, C, H, W) → (B, C)."""
        return x.mean(self.axes_pooled, keepdim=self.keepdims)


class GlobalMaxPooling2D(_GlobalPooling):
    """Keras' ``GlobalMaxPooling2D``."""

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) or (B, C, H, W) → (B, C)."""
        return x.amax(self.axes_pooled, keepdim=self.keepdims)
