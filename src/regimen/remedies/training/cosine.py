"""Cosine decay of the learning rate."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import join, say
from regimen.plan import Plan, Receipt, Schedule
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.training.schedule import scheduled


@dataclass(frozen=True)
class CosineDecay(Remedy):
    """Lets the learning rate fall to (nearly) zero along half a cosine.

    Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR; without restarts.

    Args:
        warmup: share of the training in which the rate first rises linearly from 0, 0 ≤ warmup < 1.
        floor: where it ends, as a share of the study's learning rate, 0 ≤ floor < 1.

    Raises:
        RemedyError: a parameter out of range.
    """

    warmup: float = 0.0
    floor: float = 0.0
    word: ClassVar[str] = "cosine"
    card: ClassVar[Card] = Card(
        what=say(
            "The learning rate begins where the study sets it and falls along half a cosine towards zero. "
            "Late steps are small, so that the weights settle."
        ),
        formula="rate(t) = rate · (f + (1 − f) · ½ (1 + cos(π t / T)))        t = 0 … T − 1\n"
        "with warm-up, before that:  rate · t / W                         t = 0 … W − 1",
        helps=say(
            "Nearly always where the number of epochs is fixed beforehand: the last epoch is then the best or close to "
            "it, and differs less from seed to seed."
        ),
        hurts=say(
            "Where training is stopped early, since the small steps then never come. By itself it does not keep a "
            "network from memorising."
        ),
        strengths=say("No warm-up for small networks, 0.05 to 0.1 for large batches or a high rate; a floor of 0."),
        interactions={
            "earlystop": say("The rate falls over all epochs of the study, however early training stops."),
            "ema": say("Both average the noise of single steps away; the second adds little."),
            "weightdecay": say("Decoupled decay is multiplied by the rate, so it fades with it."),
        },
        keras="""
steps = 30 * -(-len(images) // 32)  # epochs times batches per epoch
optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps))
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])""".strip(),
        papers=(
            "Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR.",
            "He, Zhang, Zhang, Zhang, Xie & Li (2019), Bag of tricks for image classification with convolutional "
            "neural "
            "networks, CVPR.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("warmup", 0, 1, below=True)
        self.require_number("floor", 0, 1, below=True)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's schedule."""
        schedule = Schedule("cosine", {"warmup": float(self.warmup), "floor": float(self.floor)})
        change = say(
            "training: the learning rate falls from {rate} to {floor} along half a cosine",
            rate=shown(plan.optimizer.learning_rate),
            floor=shown(self.floor * plan.optimizer.learning_rate),
        )
        if self.warmup:
            rise = say("after a linear rise over {percent} % of the steps", percent=shown(100 * self.warmup))
            change = join([change, rise], ", ")
        return scheduled(plan, schedule, self.word), self.receipt(change)
