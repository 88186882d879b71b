"""Mirrored training images."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class Flip(Remedy):
    """Mirrors each training image with a probability, anew in every epoch.

    Source: Krizhevsky, Sutskever & Hinton (2012), ImageNet classification with deep CNNs, NIPS 25, section 4.1.

    Args:
        probability: 0–1.
        direction: ``horizontal`` (left–right) or ``vertical``.

    Raises:
        RemedyError: a probability out of range or an unknown direction.
    """

    probability: float = 0.5
    direction: str = "horizontal"
    word: ClassVar[str] = "flip"
    strength: ClassVar[str] = "probability"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image is mirrored with a probability, drawn again in every epoch. The network sees twice as "
            "many different images, and half of them cost nothing to collect."
        ),
        formula="with probability p: result(y, x) = image(y, W − 1 − x)\notherwise:          result = image",
        helps=say(
            "Photos of things whose left and right can be swapped: animals, vehicles, food. Images seen from above or "
            "through a microscope can be mirrored both ways: flip + flip,direction=vertical."
        ),
        hurts=say(
            "Digits, letters, road signs, X-ray images: what a mirror shows is something else or nothing at all. A "
            "vertical flip hurts most photos."
        ),
        strengths=say("0.5, which shows both sides equally often. There is hardly a reason for another value."),
        interactions={
            "shift": say("The customary pair for photos; each adds to the other."),
            "cutout": say("Results with cutout are usually on top of flips and shifts."),
            "randaugment": say("RandAugment has no flips among its operations; use both."),
        },
        keras='x = keras.layers.RandomFlip("horizontal")(x)  # half of the images',
        papers=(
            "Krizhevsky, Sutskever & Hinton (2012), ImageNet classification with deep convolutional neural networks, "
            "NIPS 25.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("probability", 0, 1)
        self.require(self.direction in ("horizontal", "vertical"), "direction", "horizontal or vertical")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        transform = Transform("flip", {"probability": float(self.probability), "direction": self.direction})
        if any(other.kind == "flip" and other.settings["direction"] == self.direction for other in plan.transforms):
            raise RemedyError(f"flip: the images are already flipped ({self.direction}). Name it once.")
        if self.probability == 0:
            return plan, self.receipt()
        probability = shown(self.probability)
        change = (
            say("training images: left and right swapped with probability {probability}", probability=probability)
            if self.direction == "horizontal"
            else say("training images: top and bottom swapped with probability {probability}", probability=probability)
        )
        return plan.with_transform(transform), self.receipt(change)
