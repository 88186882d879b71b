"""Gaussian noise added while training."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.insertion import insert_noise
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.where import insertion_points


@dataclass(frozen=True)
class GaussianNoise(Remedy):
    """Adds normally distributed noise while training: to the scaled pixels, or to what passes further inside.

    Source: Sietsma & Dow (1991), Creating artificial neural networks that generalize, Neural Networks 4.

    Args:
        stddev: standard deviation of the noise, 0–1, in the unit of what it is added to. For pixels under standard
            scaling, 1 is one standard deviation of their channel.
        where: ``input`` (after the input, past a scaling of the model's own), ``blocks`` (after each pooling),
            ``head`` (before Flatten or global pooling), ``dense`` (before each Dense but the output), or a pattern on
            layer names.

    Raises:
        RemedyError: a standard deviation out of range; applied to pixels that nothing scales.
    """

    stddev: float = 0.1
    where: str = "input"
    word: ClassVar[str] = "gaussiannoise"
    strength: ClassVar[str] = "stddev"
    card: ClassVar[Card] = Card(
        what=say(
            "While training, independent normal noise is added to every pixel, or to every unit of an inner layer. At "
            "prediction time nothing is added."
        ),
        formula="training:    y = x + σ · ε,   ε ~ N(0, 1) per value\nprediction:  y = x",
        helps=say(
            "Few images, or images that are noisy themselves: the network may not rely on the exact value of single "
            "pixels. To first order it penalizes the slope of the output."
        ),
        hurts=say(
            "Classes that differ in fine texture drown in it. For natural photos, flips and shifts usually do more, "
            "since they make images that could exist."
        ),
        strengths=say(
            "0.05–0.2 on the input. The unit is that of scaled pixels: under standard scaling 1 is one standard "
            "deviation, under unit scaling the whole range, and on unscaled pixels (0–255) even 1 does nothing."
        ),
        interactions={
            "batchnorm": say(
                "On the input they go together. Inside the network the noise adds to the variance that a batch "
                "normalization measures while training, but not at prediction time."
            ),
            "dropout": say("Both are noise; with dropout already strong, add little on the input."),
        },
        keras="x = keras.layers.GaussianNoise(0.1)(x)",
        papers=(
            "Sietsma & Dow (1991), Creating Artificial Neural Networks that Generalize, Neural Networks 4.",
            "Bishop (1995), Training with Noise is Equivalent to Tikhonov Regularization, Neural Computation 7.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("stddev", 0, 1)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Inserts a Keras ``GaussianNoise`` layer at each place."""
        places = insertion_points(plan.graph, self.where, self.word)
        unscaled = any(plan.graph.layer(key).class_name == "InputLayer" for key, _ in places)
        if unscaled and plan.scaling.kind == "none":
            raise RemedyError(
                f"gaussiannoise: pixels reach this model unscaled (0–255), where noise of {shown(self.stddev)} does "
                "nothing. Let the study scale them (scale standard), or choose inner layers with where=."
            )
        return insert_noise(plan, self, "GaussianNoise", self.where, stddev=self.stddev)
