"""A few random operations on each training image."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import plural, say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.images.pixels import mean_color
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class RandAugment(Remedy):
    """Changes each training image by a few operations drawn from fourteen, anew in every epoch.

    Identity, autocontrast, equalize, rotate (to 30°), solarize (threshold 256 to 0), color, contrast, brightness and
    sharpness (factors 0.1 to 1.9), posterize (8 to 4 bits), shear-x and shear-y (to 0.3) and translate-x and
    translate-y (to 150/331 of the side). Autocontrast and equalize have no magnitude. Where a magnitude has a
    direction, both are equally likely, and where pixels move in at the border they have the images' mean colour.

    Source: Cubuk, Zoph, Shlens & Le (2020), RandAugment: practical automated data augmentation with a reduced search
    space, CVPR Workshops. The paper's code shares ranges with AutoAugment, in which some operations change images the
    least in the middle of the scale; here all change them more with a larger magnitude. Images are turned, slanted and
    moved about their centre, with bilinear interpolation.

    Args:
        magnitude: of all operations, 0–10; 10 is the end of each range. Zero stands for no remedy at all.
        operations: how many each image goes through, at least 1; one can be drawn twice.

    Raises:
        RemedyError: a parameter out of range.
    """

    magnitude: float = 9
    operations: int = 2
    word: ClassVar[str] = "randaugment"
    strength: ClassVar[str] = "magnitude"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image goes through a few operations drawn at random from fourteen: turns, slants, moves, "
            "and changes of colour, contrast and sharpness. One magnitude sets how strong they all are, so that a "
            "whole policy of augmentation has two numbers to choose."
        ),
        formula=(
            "repeat n times, for each image:\n"
            "    draw one of 14 operations, and a sign where it has a direction\n"
            "    apply it with m/10 of its range"
        ),
        helps=say(
            "Larger networks that still overfit with flips and shifts, on photos of everyday things; and where trying "
            "out single augmentations would take too long."
        ),
        hurts=say(
            "Small networks and short trainings, which it turns from overfitting to underfitting. Where colour or "
            "position carries the class, half of its operations damage the label."
        ),
        strengths=say(
            "Two operations with magnitude 9 for large networks on photos, 4 or 5 for CIFAR-10. The larger the "
            "network and the data, the stronger."
        ),
        interactions={
            "rotate": say("One of its operations already."),
            "colorjitter": say("Four of its operations already."),
            "flip": say("Not among its operations; use both, flips first."),
            "cutout": say("Not among its operations here; often used after it."),
            "mixup": say("Used together for large networks; use a lower magnitude for small ones."),
        },
        keras=("x = keras.layers.RandAugment(num_ops=2, factor=0.27)(x)  # turns by up to 0.27 of a full turn"),
        papers=(
            "Cubuk, Zoph, Shlens & Le (2020), RandAugment: practical automated data augmentation with a reduced search "
            "space, CVPR Workshops.",
            "Cubuk, Zoph, Mané, Vasudevan & Le (2019), AutoAugment: learning augmentation strategies from data, CVPR.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("magnitude", 0, 10)
        whole = isinstance(self.operations, int) and not isinstance(self.operations, bool) and self.operations >= 1
        self.require(whole, "operations", "a whole number, at least 1")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "randaugment" for other in plan.transforms):
            raise RemedyError("randaugment: the images already go through random operations. Name it once.")
        if self.magnitude == 0:
            return plan, self.receipt()
        settings = {
            "magnitude": float(self.magnitude),
            "operations": self.operations,
            "color": mean_color(plan),
        }
        change = plural(
            self.operations,
            "training images: {number} operation of 14, magnitude {magnitude} of 10",
            "training images: {number} operations of 14, magnitude {magnitude} of 10",
            magnitude=shown(self.magnitude),
        )
        return plan.with_transform(Transform("randaugment", settings)), self.receipt(change)
