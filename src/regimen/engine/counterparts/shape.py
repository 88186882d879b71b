"""Layers that rearrange, pad, crop, repeat or rescale values."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from regimen.engine.counterparts.counterpart import Counterpart, ImageCounterpart


class Identity(Counterpart):
    """Keras' ``Identity``, and layers that do nothing here."""

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """Any shape to the same shape."""
        return x


class Flatten(Counterpart):
    """Keras' ``Flatten``, in Keras' order (channels fastest, even where they come first)."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.channels_last = layer.data_format == "channels_last"

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …) → (B, product)."""
        x = x if self.channels_last or x.dim() < 2 else x.movedim(1, -1)
        return x.reshape(x.shape[0], -1)


class Permute(Counterpart):
    """Keras' ``Permute``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.dims = tuple(layer.dims)

    def forward(self, x: Tensor, *, training: bool) -> Tensor:
        """(B, …) → (B, …), the other axes in another order."""
        return x.permute(0, *self.dims)


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


class ZeroPadding2D(ImageCounterpart):
    """Keras' ``ZeroPadding2D``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        (top, bottom), (left, right) = layer.padding
        self.sides = (left, right, top, bottom)

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        return F.pad(x, self.sides)


class Cropping2D(ImageCounterpart):
    """Keras' ``Cropping2D``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.cropping = layer.cropping

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W'), a view."""
        (top, bottom), (left, right) = self.cropping
        return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


class UpSampling2D(ImageCounterpart):
    """Keras' ``UpSampling2D``."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        self.size, self.mode = layer.size, layer.interpolation

    @classmethod
    def supports(cls, layer: Any) -> bool:
        """What torch interpolates by: not Lanczos."""
        return layer.interpolation in ("nearest", "bilinear", "bicubic")

    def compute(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, H', W')."""
        size = (x.shape[2] * self.size[0], x.shape[3] * self.size[1])
        return F.interpolate(x, size, mode=self.mode)
