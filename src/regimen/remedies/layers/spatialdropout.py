"""Spatial dropout: whole feature maps set to zero at random while training."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.insertion import insert_noise
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class SpatialDropout(Remedy):
    """Sets each channel to zero with a probability while training, in all its pixels, and scales the others up.

    Source: Tompson et al. (2015), Efficient object localization using convolutional networks, CVPR.

    Args:
        rate: probability, 0 ≤ rate < 1.
        where: ``input`` (after the input), ``blocks`` (after each pooling), ``head`` (before Flatten or global
            pooling), ``dense`` (before each Dense but the output), or a pattern on layer names; only where what
            passes has height, width and channels.

    Raises:
        RemedyError: a rate out of range.
    """

    rate: float = 0.2
    where: str = "blocks"
    word: ClassVar[str] = "spatialdropout"
    strength: ClassVar[str] = "rate"
    card: ClassVar[Card] = Card(
        what=say(
            "While training, each feature map is set to zero as a whole with probability p, drawn anew for every "
            "image, and the others are scaled up. At prediction time nothing is dropped."
        ),
        formula=(
            "training:    y[h, w, c] = m[c] · x[h, w, c] / (1 − p),   m[c] ~ Bernoulli(1 − p)\nprediction:  y = x"
        ),
        helps=say(
            "Between convolutions, where neighbouring pixels are so alike that plain dropout removes little. It makes "
            "the network spread what it knows over several channels."
        ),
        hurts=say(
            "Layers with few channels lose too much at once. After Flatten or global pooling it has no place: use "
            "dropout there."
        ),
        strengths=say(
            "0.1–0.2 with 16–64 channels, up to 0.3 with more. It bites harder than dropout of the same rate."
        ),
        interactions={
            "dropout": say("They complement each other: this one between convolutions, dropout before dense layers."),
            "batchnorm": say(
                "A dropped channel changes what a batch normalization behind it measures while training. Keep the rate "
                "low, or place it after the last normalization with where=head."
            ),
            "narrower": say("Half as many channels make each dropped one count twice as much; lower the rate."),
        },
        keras="x = keras.layers.SpatialDropout2D(0.2)(x)",
        papers=(
            "Tompson, Goroshin, Jain, LeCun & Bregler (2015), Efficient Object Localization Using Convolutional "
            "Networks, CVPR.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("rate", 0, 1, below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Inserts a Keras ``SpatialDropout2D`` layer at each place."""
        return insert_noise(plan, self, "SpatialDropout2D", self.where, on_images=True, rate=self.rate)
