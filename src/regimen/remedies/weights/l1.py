"""L1: a penalty on the absolute weights."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy
from regimen.remedies.weights.penalties import penalize


@dataclass(frozen=True)
class L1(Remedy):
    """Adds factor · Σ|w| over the kernels of the chosen layers to the loss (and to ``val_loss``), as Keras does.

    Source: Tibshirani (1996), Regression shrinkage and selection via the lasso, JRSS B 58.

    Args:
        factor: λ, at least 0.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out, since Keras ignores their penalties; naming one is an
            error. A layer that has an L2 penalty gets Keras' ``L1L2``.

    Raises:
        RemedyError: a factor out of range.
    """

    factor: float = 1e-4
    where: str = "all"
    word: ClassVar[str] = "l1"
    strength: ClassVar[str] = "factor"
    card: ClassVar[Card] = Card(
        what=say(
            "The sum of the absolute values of the weights is added to the loss, times a factor. It pulls every weight "
            "towards zero by the same amount, so that weights of little use end near it."
        ),
        formula="loss + λ · Σ |w|        gradient:  + λ · sign(w)",
        helps=say(
            "Many inputs of a layer are useless, as after Flatten, and only a few should count. The few large weights "
            "that remain can be looked at."
        ),
        hurts=say("Too strong, it silences whole filters for good. In convolutions L2 is usually the gentler choice."),
        strengths=say(
            "1e-5 to 1e-3, a tenth or less of what one would take for L2: near zero |w| is much larger than w²."
        ),
        interactions={
            "l2": say("Both together are the elastic net; on one layer they become Keras' L1L2."),
            "batchnorm": say(
                "The scale of weights in front of a normalization does not change the output. A penalty on them acts "
                "on the effective learning rate instead."
            ),
            "weightdecay": say("Both shrink weights. Change one of them at a time."),
        },
        keras='x = keras.layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L1(1e-4))(x)',
        papers=(
            "Tibshirani (1996), Regression Shrinkage and Selection via the Lasso, Journal of the Royal Statistical "
            "Society B 58.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("factor", 0, float("inf"), below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``kernel_regularizer`` (or what stands for it) in the layers' configurations."""
        return penalize(plan, self, self.where, self.factor)
