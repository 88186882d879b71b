"""Layers that rearrange, pad or rescale values."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart


class Identity(Counterpart):
    """Keras' ``Identity``, and layers that do nothing here."""

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return x


class Flatten(Counterpart):
    """Keras' ``Flatten``, in Keras' order (channels fastest)."""

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Channels last."""
        return super().supports(layer) and layer.data_format == "channels_last"

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …) → (B, product)."""
        return x.reshape(x.shape[0], -1)


class Reshape(Counterpart):
    """Keras' ``Reshape``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.target = tuple(layer.target_shape)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …) → (B, *target)."""
        return x.reshape(x.shape[0], *self.target)


class Rescaling(Counterpart):
    """Keras' ``Rescaling``: ``x * scale + offset``, either a number or one per channel."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.register_buffer("scale", torch.as_tensor(layer.scale, dtype=torch.float32))
        self.register_buffer("offset", torch.as_tensor(layer.offset, dtype=torch.float32))

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return x * self.scale + self.offset


class ZeroPadding2D(Counterpart):
    """Keras' ``ZeroPadding2D``, channels last."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        (top, bottom), (left, right) = layer.padding
        self.sides = (0, 0, left, right, top, bottom)

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """Channels last."""
        return super().supports(layer) and layer.data_format == "channels_last"

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, H, W, C) → (B, H', W', C)."""
        return F.pad(x, self.sides)
