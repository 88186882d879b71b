"""The one-cycle learning rate."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt, Schedule
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.training.schedule import scheduled


@dataclass(frozen=True)
class OneCycle(Remedy):
    """Lets the learning rate rise to a peak and fall to nearly zero, once in the whole training.

    Source: Smith & Topin (2019), Super-convergence: very fast training of neural networks using large learning rates,
    SPIE 11006; with cosines, and without the cycle of momentum.

    Args:
        peak: the highest rate, as a multiple of the study's learning rate; above 0.
        rise: share of the training before the peak, 0 < rise < 1.

    Raises:
        RemedyError: a parameter out of range.
    """

    peak: float = 2.0
    rise: float = 0.3
    word: ClassVar[str] = "onecycle"
    strength: ClassVar[str] = "peak"
    card: ClassVar[Card] = Card(
        what=say(
            "The learning rate begins at a 25th of its peak, rises to it in the first third of the training, and falls "
            "to nearly zero in the rest. The large steps in the middle keep the weights out of narrow minima."
        ),
        formula="peak/25  →  peak  (first 30 % of the steps)  →  peak/250,000\nboth along half a cosine",
        helps=say("Where there are few epochs, and where the network stands a rate well above the usual one."),
        hurts=say(
            "Where the peak is too high: the training loss jumps or diverges. And where training is stopped early."
        ),
        strengths=say(
            "A peak of 1 to 10 times the usual rate: with Adam 1 to 3, with SGD up to 10. Lower it if the loss jumps."
        ),
        interactions={
            "clipnorm": say("Clipped gradients stand a higher peak."),
            "earlystop": say("The cycle is laid out over all epochs of the study, however early training stops."),
            "l2": say("A high rate restrains weights by itself; Smith advises a weaker penalty with it."),
        },
        keras="""
total, peak = 30 * -(-len(images) // 32), 2e-3  # epochs times batches per epoch; the highest rate
optimizer = keras.optimizers.Adam(
    keras.optimizers.schedules.CosineDecay(  # rises linearly where this one follows a cosine
        peak / 25, round(0.7 * total), warmup_target=peak, warmup_steps=round(0.3 * total)
    )
)
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])""".strip(),
        papers=(
            "Smith & Topin (2019), Super-convergence: very fast training of neural networks using large learning "
            "rates, "
            "SPIE 11006.",
            "Smith (2018), A disciplined approach to neural network hyper-parameters: part 1, arXiv:1803.09820.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("peak", 0, float("inf"), below=True)
        self.require(self.peak > 0, "peak", "above 0")
        self.require_number("rise", 0, 1, below=True)
        self.require(self.rise > 0, "rise", "above 0")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's schedule."""
        schedule = Schedule("onecycle", {"peak": float(self.peak), "rise": float(self.rise)})
        change = say(
            "training: the learning rate rises to {peak} over {percent} % of the steps, then falls to nearly 0",
            peak=shown(self.peak * plan.optimizer.learning_rate),
            percent=shown(100 * self.rise),
        )
        return scheduled(plan, schedule, self.word), self.receipt(change)
