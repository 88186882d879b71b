"""An exponential moving average of the weights."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class WeightAveraging(Remedy):
    """Validates and hands over an exponential moving average of the weights, while training goes on with the weights.

    Source: Tarvainen & Valpola (2017), Mean teachers are better role models, NeurIPS 30, for the exponential average of
    weights, here without a teacher's loss; Polyak & Juditsky (1992) for averaging, there with equal weights. As Keras'
    ``use_ema``.

    Args:
        momentum: share of the old average that each step keeps, 0 ≤ momentum < 1.

    Raises:
        RemedyError: a momentum out of range.
    """

    momentum: float = 0.99
    word: ClassVar[str] = "ema"
    strength: ClassVar[str] = "momentum"
    card: ClassVar[Card] = Card(
        what=say(
            "After every step the weights are taken into a moving average, which is what is validated and kept in the "
            "end. Training itself goes on with the weights as they are."
        ),
        formula="w̄ ← m · w̄ + (1 − m) · w        after every step",
        helps=say(
            "Where validation curves are jagged because the learning rate is still high or batches are small. "
            "It costs next to nothing."
        ),
        hurts=say(
            "Where a training is shorter than the average looks back: then early weights weigh in. "
            "It smooths over steps, but it does not keep the network from memorising."
        ),
        strengths=say(
            "The average looks back about 1 / (1 − m) steps: 0.99 is 100 steps, 0.999 is 1,000. Choose it so that this "
            "is a small part of the training, an epoch or a few."
        ),
        interactions={
            "cosine": say(
                "A rate that falls to zero already averages the noise of steps away, so little is left to do."
            ),
            "batchnorm": say(
                "The running statistics of batch normalization are those of the weights as they are, not of the "
                "averaged ones. With a long average the two do not fit well."
            ),
            "earlystop": say("The validation loss that stops the training is that of the averaged weights."),
        },
        keras="""
optimizer = keras.optimizers.Adam(use_ema=True, ema_momentum=0.99)
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]  # for model.fit: validates the average""".strip(),
        papers=(
            "Tarvainen & Valpola (2017), Mean teachers are better role models: weight-averaged consistency targets "
            "improve semi-supervised deep learning results, NeurIPS 30.",
            "Polyak & Juditsky (1992), Acceleration of stochastic approximation by averaging, SIAM Journal on Control "
            "and Optimization 30.",
            "Izmailov, Podoprikhin, Garipov, Vetrov & Wilson (2018), Averaging weights leads to wider optima and "
            "better "
            "generalization, UAI.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("momentum", 0, 1, below=True)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's averaging."""
        if plan.averaging:
            raise RemedyError("ema: the weights are already averaged. Name it once.")
        if self.momentum == 0:
            return plan, self.receipt()
        change = say(
            "training: validates and keeps a moving average of the weights with momentum {momentum}, "
            "which looks back about {steps} steps",
            momentum=shown(self.momentum),
            steps=f"{round(1 / (1 - self.momentum)):,}",
        )
        return replace(plan, averaging=float(self.momentum)), self.receipt(change)
