"""Batch normalization between a layer and its activation."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.normalization import normalize
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class BatchNorm(Remedy):
    """Normalizes each channel by the mean and variance of the batch, between a layer and its activation.

    Source: Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training, ICML.

    Args:
        momentum: of the running statistics that inference uses, 0 ≤ momentum < 1. Keras' 0.99 needs several hundred
            steps to forget where it started.
        epsilon: added to the variance, above 0.
        where: ``all`` (every convolution and dense layer but the output, those that are normalized already, frozen
            ones and those in front of them, which were trained for what they get as it is, shared ones, and the gates
            of squeeze-and-excitation) or a pattern on layer names.

    Raises:
        RemedyError: a momentum or epsilon out of range.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "batchnorm"
    card: ClassVar[Card] = Card(
        what=say(
            "While training, each channel is shifted and scaled to mean 0 and variance 1 over the batch, then by a "
            "learned scale and offset. At prediction time running averages take the place of the batch's statistics."
        ),
        formula=(
            "y = γ · (x − μ) / √(σ² + ε) + β\n"
            "training:    μ, σ² of the batch, per channel\n"
            "prediction:  μ, σ² = running averages, updated as m · old + (1 − m) · new"
        ),
        helps=say(
            "Deep networks that train slowly or only at low learning rates. The noise of the batch statistics "
            "regularizes a little besides."
        ),
        hurts=say(
            "Small batches (under 8 or so), and short trainings: with momentum 0.99 the running averages lag several "
            "hundred steps behind, so validation looks far worse than it is. Faster fitting can also overfit earlier."
        ),
        strengths=say(
            "Momentum 0.99 for thousands of steps, 0.9 for a few hundred. It allows a higher learning rate; try that "
            "too."
        ),
        interactions={
            "dropout": say(
                "Dropout in front of it changes the variance that it measures while training but not at prediction "
                "time. Put dropout after the last normalization."
            ),
            "l2": say(
                "The scale of weights in front of a normalization does not change the output. A penalty on them acts "
                "on the effective learning rate instead."
            ),
            "groupnorm": say("One of the two per place; a second normalization is refused."),
            "ema": say(
                "Averaged weights meet running statistics that were measured with other weights; the longer the "
                "average, the less they fit."
            ),
        },
        keras=(
            'x = keras.layers.Conv2D(32, 3, padding="same", use_bias=False)(x)\n'
            "x = keras.layers.BatchNormalization()(x)\n"
            'x = keras.layers.Activation("relu")(x)'
        ),
        papers=(
            "Ioffe & Szegedy (2015), Batch Normalization: Accelerating Deep Network Training by Reducing Internal "
            "Covariate Shift, ICML.",
            "Li, Chen, Hu & Yang (2019), Understanding the Disharmony between Dropout and Batch Normalization by "
            "Variance Shift, CVPR.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("momentum", 0, 1, below=True)
        self.require_number("epsilon", 0, 1)
        self.require(self.epsilon > 0, "epsilon", "above 0")
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Splits off each fused activation and inserts a Keras ``BatchNormalization`` in front of it."""
        config = {"axis": -1, "momentum": float(self.momentum), "epsilon": float(self.epsilon)}
        graph, layers = normalize(plan.graph, self.where, self.word, "BatchNormalization", lambda layer: dict(config))
        changes = [
            say("{layer}: BatchNormalization between it and its activation", layer=layer.name)
            if activated
            else say("{layer}: BatchNormalization after it", layer=layer.name)
            for layer, activated in layers
        ]
        return plan.with_graph(graph), self.receipt(*changes)
