"""Training images in another light."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class ColorJitter(Remedy):
    """Multiplies brightness, contrast and saturation of each training image by random factors, anew in every epoch.

    Source: Howard (2013), Some improvements on deep convolutional neural network based image classification,
    arXiv:1312.5402 (there in random order; here always brightness, contrast, saturation).

    Args:
        amount: 0–1. Each factor is uniform from ``1 - amount`` to ``1 + amount``. Contrast is the distance from the
            mean grey of the image, saturation the distance from its grey image (ITU-R BT.601); values are cut off at
            0 and 255 after each step. Saturation has no effect on grey images.

    Raises:
        RemedyError: an amount out of range.
    """

    amount: float = 0.2
    word: ClassVar[str] = "colorjitter"
    strength: ClassVar[str] = "amount"
    card: ClassVar[Card] = Card(
        what=say(
            "Brightness, contrast and saturation of each training image are multiplied by random factors, others in "
            "every epoch. The network can no longer rely on the light in which an object was photographed."
        ),
        formula=(
            "b, k, s ~ uniform(1 − a, 1 + a); after each line cut off at 0 and 255\n"
            "x ← b · x\n"
            "x ← m + k · (x − m)   m: mean grey of the image\n"
            "x ← g + s · (x − g)   g = 0.299 R + 0.587 G + 0.114 B, pixel by pixel"
        ),
        helps=say(
            "Photos taken at different times, in different rooms or with different cameras; above all where a class "
            "was photographed in only one of them."
        ),
        hurts=say(
            "Where colour or brightness tells classes apart, such as ripe and unripe fruit or stained tissue. Large "
            "amounts clip light and dark parts to white and black."
        ),
        strengths=say("0.1 to 0.4. Where classes differ in colour, stay at 0.1 or leave it out."),
        interactions={
            "batchnorm": say("Strong jitter makes the statistics of batches noisier; small batches suffer first."),
            "randaugment": say("RandAugment changes colours already, so leave this one out."),
        },
        keras=(
            "x = keras.layers.RandomContrast((0.2, 0.2))(x)  # one number alone would only raise it\n"
            "x = keras.layers.RandomBrightness(0.2)(x)  # adds up to 0.2 · 255; pixels in 0–255"
        ),
        papers=(
            "Howard (2013), Some improvements on deep convolutional neural network based image classification, "
            "arXiv:1312.5402.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("amount", 0, 1)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "colorjitter" for other in plan.transforms):
            raise RemedyError("colorjitter: the colours of the images already vary. Name it once.")
        if self.amount == 0:
            return plan, self.receipt()
        transform = Transform("colorjitter", {"amount": float(self.amount)})
        factors = {"least": f"{1 - self.amount:g}", "most": f"{1 + self.amount:g}"}
        change = (
            say("training images: brightness and contrast times {least}–{most} each", **factors)
            if plan.graph.input_shape[-1] == 1
            else say("training images: brightness, contrast and saturation times {least}–{most} each", **factors)
        )
        return plan.with_transform(transform), self.receipt(change)
