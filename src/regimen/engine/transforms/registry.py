"""The transforms of training images, by the kind that a plan names."""

from collections.abc import Callable, Sequence

from torch import Tensor

from regimen.engine.device import random_stream
from regimen.engine.transforms.colorjitter import colorjitter
from regimen.engine.transforms.cutout import cutout
from regimen.engine.transforms.flip import flip
from regimen.engine.transforms.randaugment import randaugment
from regimen.engine.transforms.rotate import rotate
from regimen.engine.transforms.shift import shift
from regimen.engine.transforms.zoom import zoom
from regimen.plan import Transform
from regimen.seeds import derive

TRANSFORMS: dict[str, Callable[..., Tensor]] = {
    "colorjitter": colorjitter,
    "cutout": cutout,
    "flip": flip,
    "randaugment": randaugment,
    "rotate": rotate,
    "shift": shift,
    "zoom": zoom,
}


class Pipeline:
    """A plan's transforms with their streams of random numbers.

    A transform draws the same numbers whatever others stand beside it, so that arms stay paired.

    Args:
        transforms: in the order in which they are applied.
        seed: of the run.
    """

    def __init__(self, transforms: Sequence[Transform], seed: int) -> None:
        self.seed = seed
        kinds = [transform.kind for transform in transforms]
        self.occurrences = [kinds[:position].count(kind) for position, kind in enumerate(kinds)]
        self.stages = [(TRANSFORMS[transform.kind], transform, random_stream()) for transform in transforms]

    def reseed(self, epoch: int) -> None:
        """Sets the streams for one epoch."""
        for occurrence, (_, transform, generator) in zip(self.occurrences, self.stages, strict=True):
            generator.manual_seed(derive(self.seed, "transform", transform.kind, occurrence, epoch))

    def __call__(self, images: Tensor) -> Tensor:
        """Transforms a batch, uint8 (B, H, W, C) → uint8 or float32."""
        for function, transform, generator in self.stages:
            images = function(images, generator, **transform.settings)
        return images
