"""Turned training images."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.images.fill import FILLS
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class Rotate(Remedy):
    """Turns each training image about its centre by a random angle, anew in every epoch.

    Source: Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks applied to visual
    document analysis, ICDAR, section 2 (affine distortions; here a rotation alone, with bilinear interpolation).

    Args:
        degrees: largest angle, 0–180; angles are uniform in both directions.
        fill: what moves in at the border: ``edge`` (the outermost pixels repeated), ``reflect`` or ``black``.

    Raises:
        RemedyError: an angle out of range or an unknown fill.
    """

    degrees: float = 15
    fill: str = "edge"
    word: ClassVar[str] = "rotate"
    strength: ClassVar[str] = "degrees"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image is turned about its centre by a random angle, another one in every epoch. "
            "The network can no longer rely on things standing exactly upright."
        ),
        formula="angle ~ uniform(−d, d)\nresult(p) = image(c + R(angle) · (p − c)), bilinear; c the centre",
        helps=say(
            "Where the camera or the object can be tilted: hand-held photos, handwriting, microscopy. Seen from above "
            "or through a microscope nothing has a top, and 180 is right."
        ),
        hurts=say(
            "Where the angle tells classes apart: a 6 turned by 180° is a 9. Interpolation blurs small images a "
            "little, and what moves in at the corners is made up."
        ),
        strengths=say("10 to 20 degrees for things that stand upright, 180 for things without a top."),
        interactions={
            "shift": say("Both move the object and fill in a border; use the same fill in both."),
            "flip": say("Go well together; with 180 degrees a vertical flip adds little to a horizontal one."),
            "randaugment": say("RandAugment turns images already, so leave this one out."),
        },
        keras='x = keras.layers.RandomRotation(15 / 360, fill_mode="nearest")(x)  # a fraction of a full turn',
        papers=(
            "Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks applied to visual "
            "document analysis, ICDAR.",
            "Shorten & Khoshgoftaar (2019), A survey on image data augmentation for deep learning, Journal of Big "
            "Data 6.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("degrees", 0, 180)
        self.require(self.fill in FILLS, "fill", " or ".join(FILLS))

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "rotate" for other in plan.transforms):
            raise RemedyError("rotate: the images are already turned. Name it once.")
        if self.degrees == 0:
            return plan, self.receipt()
        transform = Transform("rotate", {"degrees": float(self.degrees), "fill": self.fill})
        change = say(
            "training images: turned by up to {degrees}° either way, {fill} fill",
            degrees=shown(self.degrees),
            fill=self.fill,
        )
        return plan.with_transform(transform), self.receipt(change)
