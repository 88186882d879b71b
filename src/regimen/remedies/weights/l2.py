"""L2: a penalty on the squared weights."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy
from regimen.remedies.weights.penalties import penalize


@dataclass(frozen=True)
class L2(Remedy):
    """Adds factor · Σw² over the kernels of the chosen layers to the loss (and to ``val_loss``), as Keras does.

    Source: Krogh & Hertz (1991), A simple weight decay can improve generalization, NIPS 4.

    Args:
        factor: λ, at least 0.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out, since Keras ignores their penalties; naming one is an
            error. A layer that has an L1 penalty gets Keras' ``L1L2``.

    Raises:
        RemedyError: a factor out of range.
    """

    factor: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "l2"
    strength: ClassVar[str] = "factor"
    card: ClassVar[Card] = Card(
        what=say(
            "The sum of the squared weights is added to the loss, times a factor. It pulls each weight towards zero in "
            "proportion to its size, so that a few large weights cost more than many small ones."
        ),
        formula="loss + λ · Σ w²        gradient:  + 2 · λ · w   (Keras has no factor ½)",
        helps=say(
            "A network that overfits mildly, or whose outputs are far too certain. It costs next to no time and goes "
            "with nearly everything."
        ),
        hurts=say(
            "Too strong, the network underfits: both losses stay high. Loss and val_loss hold the penalty, so they "
            "cannot be compared between factors; the clean losses can."
        ),
        strengths=say("1e-4 to 1e-2; start at 1e-3. Deep networks want less, since there are more weights to add up."),
        interactions={
            "weightdecay": say(
                "Under plain SGD the two are nearly the same. Under Adam the penalty's gradient is divided by the size "
                "of recent gradients, so weights with large gradients are hardly held back; decoupled decay shrinks "
                "all alike."
            ),
            "batchnorm": say(
                "The scale of weights in front of a normalization does not change the output. A penalty on them acts "
                "on the effective learning rate instead."
            ),
            "l1": say("Both together are the elastic net; on one layer they become Keras' L1L2."),
            "dropout": say("They combine well; with both, take less of each."),
        },
        keras='x = keras.layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3))(x)',
        papers=(
            "Krogh & Hertz (1991), A Simple Weight Decay Can Improve Generalization, NIPS 4.",
            "van Laarhoven (2017), L2 Regularization versus Batch and Weight Normalization, arXiv:1706.05350.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("factor", 0, float("inf"), below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``kernel_regularizer`` (or what stands for it) in the layers' configurations."""
        return penalize(plan, self, self.where, self.factor)
