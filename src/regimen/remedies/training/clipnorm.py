"""Gradient clipping."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown


@dataclass(frozen=True)
class ClipNorm(Remedy):
    """Shortens the gradient of all weights together to a length that it may not exceed.

    Source: Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, ICML.

    Args:
        limit: the longest gradient, above 0.

    Raises:
        RemedyError: a limit out of range.
    """

    limit: float = 1.0
    word: ClassVar[str] = "clipnorm"
    strength: ClassVar[str] = "limit"
    card: ClassVar[Card] = Card(
        what=say(
            "A gradient that is longer than the limit, over all weights together, is scaled down to it before "
            "the step. "
            "Its direction stays."
        ),
        formula="g ← g · min(1, c / ‖g‖)        ‖g‖ over all weights together",
        helps=say(
            "Where single batches throw a training off: spikes in the training loss, runs that diverge, a high "
            "learning "
            "rate."
        ),
        hurts=say(
            "It is a remedy for unstable steps, not for memorising, and rarely changes a training that is stable. "
            "A limit far below the usual length acts as a lower learning rate."
        ),
        strengths=say(
            "0.1 to 10, most often 1. What matters is the usual length of the gradient, which differs by model."
        ),
        interactions={
            "onecycle": say("Clipping lets the peak of the learning rate be higher."),
            "l2": say(
                "The gradient that is clipped holds the one of the penalty; decoupled weight decay is not clipped."
            ),
        },
        keras="""
optimizer = keras.optimizers.Adam(global_clipnorm=1.0)
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])""".strip(),
        papers=(
            "Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, ICML.",
            "Zhang, He, Sra & Jadbabaie (2020), Why gradient clipping accelerates training: a theoretical "
            "justification "
            "for adaptivity, ICLR.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("limit", 0, float("inf"), below=True)
        self.require(self.limit > 0, "limit", "above 0")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the optimizer's ``global_clipnorm``."""
        optimizer = plan.optimizer
        if (optimizer.global_clipnorm, optimizer.clipnorm, optimizer.clipvalue) != (None, None, None):
            raise RemedyError("clipnorm: gradients are already clipped. Name it once.")
        change = say("training: gradients longer than {limit} are scaled down to it", limit=shown(self.limit))
        return replace(plan, optimizer=replace(optimizer, global_clipnorm=float(self.limit))), self.receipt(change)
