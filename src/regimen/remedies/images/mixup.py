"""Blends of two training images."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Mixing, Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.images.mixing import how_often, mixed
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class Mixup(Remedy):
    """Trains on weighted means of two images, and on their labels in the same shares.

    The second image is another one of the batch. Training accuracy then counts the label that has the larger share.

    Source: Zhang, Cissé, Dauphin & Lopez-Paz (2018), mixup: beyond empirical risk minimization, ICLR (there one share
    for a whole batch; here one for each image).

    Args:
        alpha: of the Beta(α, α) from which the share of the first image is drawn, at least 0: the larger, the more
            even the shares.
        probability: of a batch to be blended, 0–1.
        alternate: whether each batch draws either this or what the arm blends images by before it.

    Raises:
        RemedyError: a parameter out of range.
    """

    alpha: float = 0.2
    probability: float = 1.0
    alternate: bool = False
    word: ClassVar[str] = "mixup"
    strength: ClassVar[str] = "alpha"
    card: ClassVar[Card] = Card(
        what=say(
            "Each training image is replaced by a weighted mean of itself and another image of the batch, and its "
            "label by the same mean of their labels. The network learns to go over from one class to the other in a "
            "straight line, and becomes less certain between them."
        ),
        formula=("λ ~ Beta(α, α)\nx = λ · x₁ + (1 − λ) · x₂\nloss = λ · CE(f(x), y₁) + (1 − λ) · CE(f(x), y₂)"),
        helps=say(
            "Networks that memorize their training images or wrong labels, and that are far too certain. It costs "
            "nearly nothing and suits any kind of image."
        ),
        hurts=say(
            "Short trainings and small networks, which it slows. A mean of two images looks like neither, so details "
            "on which classes differ fade."
        ),
        strengths=say(
            "0.1 to 0.4 on photos, 1 on CIFAR-10 with large networks. At 0.2 most blends are nearly one of the two "
            "images."
        ),
        interactions={
            "labelsmoothing": say("Both soften labels, so together less of each is needed."),
            "cutmix": say("Not both on one image. With alternate=true each batch draws one of the two."),
            "dropout": say("Mixup slows learning; weaken dropout rather than adding one to the other."),
            "earlystop": say("Give it more patience: with mixup the validation loss falls for longer."),
        },
        keras=(
            'batch = {"images": images, "labels": keras.ops.one_hot(labels, 10)}\n'
            "batch = keras.layers.MixUp(alpha=0.2)(batch, training=True)  # with categorical_crossentropy"
        ),
        papers=(
            "Zhang, Cissé, Dauphin & Lopez-Paz (2018), mixup: beyond empirical risk minimization, ICLR.",
            "Thulasidasan, Chennupati, Bilmes, Bhattacharya & Michalak (2019), On mixup training: improved calibration "
            "and predictive uncertainty for deep neural networks, NeurIPS 32.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("alpha", 0, float("inf"), below=True)
        self.require_number("probability", 0, 1)
        self.require(isinstance(self.alternate, bool), "alternate", "true or false")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a way of blending images and labels."""
        mixing = Mixing("mixup", float(self.alpha), float(self.probability))
        changed = mixed(plan, mixing, self.alternate)
        if changed is plan:
            return plan, self.receipt()
        change = say(
            "training images: means of two with shares from Beta({alpha}, {alpha}), labels likewise, in {batches}",
            alpha=shown(self.alpha),
            batches=how_often(mixing, self.alternate),
        )
        return changed, self.receipt(change)
