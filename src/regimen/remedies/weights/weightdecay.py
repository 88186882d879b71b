"""Decoupled weight decay: weights shrink at every step, beside the gradient."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import listing, say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.weights.kernels import layers_with_kernels


@dataclass(frozen=True)
class WeightDecay(Remedy):
    """Shrinks the kernels of the chosen layers by factor · learning rate at every step, whatever the gradient.

    Source: Loshchilov & Hutter (2019), Decoupled weight decay regularization, ICLR.

    Args:
        factor: λ, at least 0; as Keras' ``weight_decay``, it is multiplied by the current learning rate.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out; naming one is an error.

    Raises:
        RemedyError: a factor out of range.
    """

    factor: float = 0.01
    where: str = "all"
    word: ClassVar[str] = "weightdecay"
    strength: ClassVar[str] = "factor"
    card: ClassVar[Card] = Card(
        what=say(
            "At every step each weight loses a small share of itself, before the optimizer moves it. The loss knows "
            "nothing of it, so loss and val_loss hold no penalty."
        ),
        formula="w ← w − η · λ · w   (η: learning rate)\nthen the optimizer's step on the loss alone",
        helps=say(
            "Training with Adam: decay treats all weights alike, where an L2 penalty passes through Adam's scaling and "
            "hardly holds back weights with large gradients. It is the usual companion of long trainings."
        ),
        hurts=say(
            "Short trainings at low learning rates: what is lost per step is λ · η, so a few hundred steps at 1e-4 "
            "change nothing. Too strong, the network underfits."
        ),
        strengths=say(
            "0.001 to 0.1 with Adam at learning rate 1e-3. The product of λ, learning rate and number of steps says "
            "how much a weight without gradient shrinks: at 0.7 by half."
        ),
        interactions={
            "l2": say(
                "Under plain SGD the two are nearly the same, with a decay of 2 · λ. Under Adam they differ: the "
                "penalty's gradient is divided by the size of recent gradients, the decay is not."
            ),
            "batchnorm": say(
                "The scale of weights in front of a normalization does not change the output. Decay there keeps the "
                "effective learning rate up, which often helps too."
            ),
            "cosine": say("The decay shrinks with the learning rate, so a schedule that ends at zero ends it too."),
        },
        keras=(
            "optimizer = keras.optimizers.AdamW(1e-3, weight_decay=0.01)\n"
            'optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])\n'
            'model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])'
        ),
        papers=(
            "Loshchilov & Hutter (2019), Decoupled Weight Decay Regularization, ICLR.",
            "Hanson & Pratt (1988), Comparing Biases for Minimal Network Construction with Back-Propagation, NIPS 1.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("factor", 0, float("inf"), below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the optimizer's weight decay, and the layers whose kernels decay."""
        layers = layers_with_kernels(plan.graph, self.where, self.word)
        if plan.optimizer.weight_decay and not plan.optimizer.decayed:
            raise RemedyError(
                f"weightdecay: all weights already decay, by {shown(plan.optimizer.weight_decay)}, as the study's "
                "optimizer says. To try decay as a remedy, leave it out there: adam instead of adamw."
            )
        if plan.optimizer.weight_decay:
            raise RemedyError("weightdecay: the weights already decay. Name it once.")
        if self.factor == 0:
            return plan, self.receipt()
        decayed = tuple(layer.key for layer in layers)
        change = say(
            "training: at each step the kernels of {layers} shrink by {factor} × the learning rate",
            layers=listing([layer.name for layer in layers]),
            factor=shown(self.factor),
        )
        optimizer = replace(plan.optimizer, weight_decay=float(self.factor), decayed=decayed)
        return replace(plan, optimizer=optimizer), self.receipt(change)
