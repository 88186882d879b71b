"""Training images seen from nearer or farther."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.images.fill import FILLS
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class Zoom(Remedy):
    """Enlarges or shrinks each training image about its centre by a random factor, anew in every epoch.

    Source: Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke & Rabinovich (2015), Going deeper with
    convolutions, CVPR, section 6 (crops of 8–100 % of the area; here centred, of the image's own shape, with bilinear
    interpolation, and as likely larger than the image as smaller).

    Args:
        fraction: 0 ≤ fraction < 1. What is shown has sides of ``1 - fraction`` to ``1 + fraction`` of the image's,
            uniformly, and the same of both.
        fill: what moves in at the border: ``edge`` (the outermost pixels repeated), ``reflect`` or ``black``.

    Raises:
        RemedyError: a fraction out of range or an unknown fill.
    """

    fraction: float = 0.1
    fill: str = "edge"
    word: ClassVar[str] = "zoom"
    strength: ClassVar[str] = "fraction"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image is enlarged or shrunk about its centre by a random factor, another one in every "
            "epoch. The network can no longer rely on things having exactly one size."
        ),
        formula="z ~ uniform(1 − f, 1 + f)\nresult(p) = image(c + z · (p − c)), bilinear; c the centre",
        helps=say("Where things are photographed from different distances, and few training images show that."),
        hurts=say(
            "Where size tells classes apart, as in microscopy at a fixed scale. Large factors cut objects off or leave "
            "a wide made-up border."
        ),
        strengths=say("0.1 to 0.2 for objects that fill the image, up to 0.5 where they are small in it."),
        interactions={
            "shift": say("Both move the object out of the centre of attention; use the same fill in both."),
            "cutout": say("A shrunken object may be covered wholly. Use smaller squares."),
            "rotate": say("Each interpolates once, so that both blur small images a little more than one."),
        },
        keras='x = keras.layers.RandomZoom(0.1, fill_mode="nearest")(x)  # without width_factor both sides alike',
        papers=(
            "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke & Rabinovich (2015), Going deeper with "
            "convolutions, CVPR.",
            "Shorten & Khoshgoftaar (2019), A survey on image data augmentation for deep learning, Journal of Big "
            "Data 6.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("fraction", 0, 1, below=True)
        self.require(self.fill in FILLS, "fill", " or ".join(FILLS))

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "zoom" for other in plan.transforms):
            raise RemedyError("zoom: the images are already zoomed. Name it once.")
        if self.fraction == 0:
            return plan, self.receipt()
        transform = Transform("zoom", {"fraction": float(self.fraction), "fill": self.fill})
        change = say(
            "training images: {least}–{most} % of each side shown, {fill} fill",
            least=f"{100 * (1 - self.fraction):g}",
            most=f"{100 * (1 + self.fraction):g}",
            fill=self.fill,
        )
        return plan.with_transform(transform), self.receipt(change)
