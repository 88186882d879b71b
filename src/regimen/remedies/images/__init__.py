"""Remedies that change the training images, one file each."""

from regimen.remedies.images.flip import Flip
from regimen.remedies.images.shift import Shift

__all__ = ["Flip", "Shift"]
