"""Translated training images (crop with padding)."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.images.fill import FILLS
from regimen.remedies.images.pixels import whole_pixels
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class Shift(Remedy):
    """Moves each training image by a random whole number of pixels, up to a fraction of its side, in both directions.

    Source: He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR, section 4.2 (padding by
    4 of 32 pixels and a random crop, which is ``shift=0.125,fill=black``).

    Args:
        fraction: largest shift as a fraction of height and width, 0–0.5; at least half a pixel unless 0.
        fill: what moves in at the border: ``edge`` (the outermost pixels repeated), ``reflect`` or ``black``.

    Raises:
        RemedyError: a fraction out of range or an unknown fill.
    """

    fraction: float = 0.125
    fill: str = "edge"
    word: ClassVar[str] = "shift"
    strength: ClassVar[str] = "fraction"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image is moved by a random whole number of pixels up or down and left or right, others in "
            "every epoch. The network can no longer rely on things being exactly in one place."
        ),
        formula=(
            "dy ~ uniform {−r, …, r}, dx ~ uniform {−c, …, c}; r, c: f · height and width\n"
            "result(y, x) = image(y − dy, x − dx)"
        ),
        helps=say(
            "Nearly everywhere, small images above all: convolutions do not mind where a thing is, but the dense "
            "layers behind a Flatten do."
        ),
        hurts=say(
            "Where the place carries meaning, as in images that were aligned on purpose. Objects at the border move "
            "out of the image."
        ),
        strengths=say("0.1 to 0.15; 0.125 is the 4 of 32 pixels that are customary for CIFAR-10."),
        interactions={
            "flip": say("The customary pair for photos; each adds to the other."),
            "rotate": say("Both move the object and fill in a border; use the same fill in both."),
            "randaugment": say("RandAugment moves images already, though rarely; shifts are customary before it."),
        },
        keras='x = keras.layers.RandomTranslation(0.125, 0.125, fill_mode="nearest", interpolation="nearest")(x)',
        papers=(
            "He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR.",
            "LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition, "
            "Proceedings of the IEEE 86.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("fraction", 0, 0.5)
        self.require(self.fill in FILLS, "fill", " or ".join(FILLS))

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "shift" for other in plan.transforms):
            raise RemedyError("shift: the images are already shifted. Name it once.")
        if self.fraction == 0:
            return plan, self.receipt()
        rows, columns = whole_pixels(plan, self.fraction, self.word)
        transform = Transform("shift", {"rows": rows, "columns": columns, "fill": self.fill})
        change = say(
            "training images: moved by up to {rows} px vertically and {columns} px horizontally, {fill} fill",
            rows=rows,
            columns=columns,
            fill=self.fill,
        )
        return plan.with_transform(transform), self.receipt(change)
