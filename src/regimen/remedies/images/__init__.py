"""Remedies that change the training images, one file each."""

from regimen.remedies.images.colorjitter import ColorJitter
from regimen.remedies.images.cutmix import CutMix
from regimen.remedies.images.cutout import Cutout
from regimen.remedies.images.flip import Flip
from regimen.remedies.images.mixup import Mixup
from regimen.remedies.images.randaugment import RandAugment
from regimen.remedies.images.rotate import Rotate
from regimen.remedies.images.shift import Shift
from regimen.remedies.images.zoom import Zoom

__all__ = ["ColorJitter", "CutMix", "Cutout", "Flip", "Mixup", "RandAugment", "Rotate", "Shift", "Zoom"]
