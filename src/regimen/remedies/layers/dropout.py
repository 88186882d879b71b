"""Dropout: units set to zero at random while training."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.insertion import insert_noise
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class Dropout(Remedy):
    """Sets each unit to zero with a probability while training, and scales the others up to keep the sum.

    Source: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15.

    Args:
        rate: probability, 0 ≤ rate < 1.
        where: ``input`` (after the input), ``blocks`` (after each pooling), ``head`` (before Flatten or global
            pooling), ``dense`` (before each Dense but the output), or a pattern on layer names.

    Raises:
        RemedyError: a rate out of range.
    """

    rate: float = 0.2
    where: str = "blocks"
    word: ClassVar[str] = "dropout"
    strength: ClassVar[str] = "rate"
    card: ClassVar[Card] = Card(
        what=say(
            "While training, each unit is set to zero with probability p, drawn anew for every image, and the others "
            "are scaled up to keep the sum. At prediction time nothing is dropped."
        ),
        formula="training:    y = m · x / (1 − p),   m ~ Bernoulli(1 − p) per unit\nprediction:  y = x",
        helps=say(
            "The network is large for the number of images: training accuracy climbs towards 100 % while validation "
            "loss rises. Large dense layers gain most."
        ),
        hurts=say(
            "A network that does not fit its training images yet learns more slowly and ends lower. In feature maps "
            "neighbouring units hold nearly the same value, so dropping single ones takes little away."
        ),
        strengths=say(
            "0.1–0.3 between convolutional blocks, 0.3–0.5 before dense layers. Higher rates need more epochs."
        ),
        interactions={
            "batchnorm": say(
                "Dropout in front of a batch normalization changes the variance that it measures while training but "
                "not at prediction time. Put dropout after the last normalization: where=head or where=dense."
            ),
            "spatialdropout": say("Both drop units; choose one of them per place."),
            "earlystop": say("Training takes longer with dropout. Give early stopping more patience than without it."),
        },
        keras="x = keras.layers.Dropout(0.2)(x)",
        papers=(
            "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: A Simple Way to Prevent Neural "
            "Networks from Overfitting, JMLR 15.",
            "Hinton, Srivastava, Krizhevsky, Sutskever & Salakhutdinov (2012), Improving Neural Networks by Preventing "
            "Co-adaptation of Feature Detectors, arXiv:1207.0580.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("rate", 0, 1, below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Inserts a Keras ``Dropout`` layer at each place."""
        return insert_noise(plan, self, "Dropout", self.where, rate=self.rate)
