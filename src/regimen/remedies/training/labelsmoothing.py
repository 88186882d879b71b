"""Label smoothing."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class LabelSmoothing(Remedy):
    """Trains towards labels of which a share is spread evenly over all classes.

    Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception architecture for computer vision,
    CVPR, section 7.

    Args:
        share: of each label that is spread, 0 ≤ share < 1.

    Raises:
        RemedyError: a share out of range.
    """

    share: float = 0.1
    word: ClassVar[str] = "labelsmoothing"
    strength: ClassVar[str] = "share"
    card: ClassVar[Card] = Card(
        what=say(
            "Instead of 1 for the right class and 0 for the others, the network is trained towards 1 − s + s/K "
            "and s/K. "
            "It is no longer rewarded for driving its probabilities to 0 and 1."
        ),
        formula="target = (1 − s) · onehot(y) + s / K\nloss   = − Σₖ targetₖ · log pₖ",
        helps=say(
            "Where the network becomes far too certain: validation loss rises while validation accuracy stays. "
            "Also where some labels are wrong."
        ),
        hurts=say(
            "Where probabilities are used as they are: smoothed ones tend to be too timid when there is little "
            "overfitting. It also blurs how similar classes are, which harms distillation."
        ),
        strengths=say("0.05 to 0.2, most often 0.1. With few classes, or many wrong labels, try both ends."),
        interactions={
            "mixup": say("Both soften labels, so together less of each is needed."),
            "cutmix": say("Both soften labels, so together less of each is needed."),
            "earlystop": say(
                "Stopping here follows the loss without smoothing. Keras' val_loss holds the smoothing, and its lowest "
                "epoch can be another one."
            ),
        },
        keras="""
model.compile(
    optimizer="adam",
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),  # takes one-hot labels
    metrics=["accuracy"],
)""".strip(),
        papers=(
            "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception architecture for computer "
            "vision, CVPR.",
            "Müller, Kornblith & Hinton (2019), When does label smoothing help?, NeurIPS 32.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("share", 0, 1, below=True)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's label smoothing."""
        if plan.label_smoothing:
            raise RemedyError("labelsmoothing: the labels are already smoothed. Name it once.")
        if self.share == 0:
            return plan, self.receipt()
        change = say(
            "training: {percent} % of each label spread evenly over all classes", percent=shown(100 * self.share)
        )
        return replace(plan, label_smoothing=float(self.share)), self.receipt(change)
