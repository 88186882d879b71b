"""Random changes of training images, one file each."""

from regimen.engine.transforms.registry import TRANSFORMS, Pipeline

__all__ = ["TRANSFORMS", "Pipeline"]
