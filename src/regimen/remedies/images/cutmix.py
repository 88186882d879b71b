"""Training images with a piece of another one."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Mixing, Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.images.mixing import how_often, mixed
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class CutMix(Remedy):
    """Trains on images into which a rectangle of another one is pasted, and on their labels in the shares of the area.

    The second image is another one of the batch. Training accuracy then counts the label that has the larger share.

    Source: Yun, Han, Oh, Chun, Choe & Yoo (2019), CutMix: regularization strategy to train strong classifiers with
    localizable features, ICCV (there one rectangle for a whole batch; here one for each image).

    Args:
        alpha: of the Beta(α, α) from which the share of the first image is drawn, at least 0; 1 makes all shares
            equally likely.
        probability: of a batch to be blended, 0–1.
        alternate: whether each batch draws either this or what the arm blends images by before it.

    Raises:
        RemedyError: a parameter out of range.
    """

    alpha: float = 1.0
    probability: float = 1.0
    alternate: bool = False
    word: ClassVar[str] = "cutmix"
    strength: ClassVar[str] = "alpha"
    card: ClassVar[Card] = Card(
        what=say(
            "A rectangle of each training image is replaced by that of another image of the batch, and the label by a "
            "mean of both in the shares of the area. The network must recognize objects by parts, and nothing of the "
            "image is wasted on a blank."
        ),
        formula=(
            "λ ~ Beta(α, α); rectangle with sides √(1 − λ) of the image's, centre uniform\n"
            "x = x₂ within the rectangle, x₁ elsewhere; λ ← share of x₁ that is left\n"
            "loss = λ · CE(f(x), y₁) + (1 − λ) · CE(f(x), y₂)"
        ),
        helps=say(
            "Photos of single objects and networks with capacity to spare, trained for long. There it often does more "
            "than cutout or mixup."
        ),
        hurts=say(
            "Short trainings and small networks. Where the class hangs on a small detail or on the whole arrangement, "
            "the area says nothing about the label."
        ),
        strengths=say(
            "An alpha of 1, as in the paper, with a probability of 0.5 for small images and 1 for large ones. Train "
            "for longer than without."
        ),
        interactions={
            "cutout": say("Both cover a piece of the image; use one of the two."),
            "mixup": say("Not both on one image. With alternate=true each batch draws one of the two."),
            "labelsmoothing": say("Both soften labels, so together less of each is needed."),
            "earlystop": say("Give it more patience: with CutMix the validation loss falls for longer."),
        },
        keras=(
            'batch = {"images": images, "labels": keras.ops.one_hot(labels, 10)}\n'
            "batch = keras.layers.CutMix(factor=(1.0, 1.0))(batch, training=True)  # with categorical_crossentropy"
        ),
        papers=(
            "Yun, Han, Oh, Chun, Choe & Yoo (2019), CutMix: regularization strategy to train strong classifiers with "
            "localizable features, ICCV.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("alpha", 0, float("inf"), below=True)
        self.require_number("probability", 0, 1)
        self.require(isinstance(self.alternate, bool), "alternate", "true or false")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a way of blending images and labels."""
        mixing = Mixing("cutmix", float(self.alpha), float(self.probability))
        changed = mixed(plan, mixing, self.alternate)
        if changed is plan:
            return plan, self.receipt()
        change = say(
            "training images: a rectangle of another pasted in, shares from Beta({alpha}, {alpha}), labels likewise, "
            "in {batches}",
            alpha=shown(self.alpha),
            batches=how_often(mixing, self.alternate),
        )
        return changed, self.receipt(change)
