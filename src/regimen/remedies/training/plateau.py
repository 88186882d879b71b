"""A learning rate that falls when the validation loss no longer does."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import plural, say
from regimen.plan import Plan, Receipt, Schedule
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.training.schedule import require_time, scheduled


@dataclass(frozen=True)
class Plateau(Remedy):
    """Lowers the learning rate whenever the validation loss (``clean_val_loss``) has not fallen for some epochs.

    Source: He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR, section 3.4; as Keras'
    ``ReduceLROnPlateau`` with ``min_delta=0``.

    Args:
        patience: epochs without a lower loss, at least 1.
        factor: by which the rate is multiplied, 0 < factor < 1.

    Raises:
        RemedyError: a parameter out of range.
    """

    patience: int = 2
    factor: float = 0.5
    word: ClassVar[str] = "plateau"
    strength: ClassVar[str] = "patience"
    card: ClassVar[Card] = Card(
        what=say(
            "Whenever the validation loss has not fallen for some epochs, the learning rate is multiplied by a factor. "
            "So the steps become smaller when large ones no longer pay."
        ),
        formula="no lower val_loss for p epochs:   rate ← rate · f",
        helps=say(
            "Where it is not known beforehand how long a training should be, or when a fixed schedule should fall."
        ),
        hurts=say(
            "Where overfitting has begun, the validation loss rises whatever the rate: the rate then falls again and "
            "again, which freezes the network rather than improving it."
        ),
        strengths=say(
            "A factor of 0.1 to 0.5 and a patience of 2 to 10 epochs, well below the number of epochs. "
            "A noisy validation loss needs more patience."
        ),
        interactions={
            "earlystop": say(
                "Its patience must be longer, or training stops before the lower rate can show what it does."
            ),
            "cosine": say("Both set the learning rate, so only one of them can be used."),
        },
        keras="""
callbacks = [  # for model.fit
    keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2, min_delta=0)
]""".strip(),
        papers=(
            "He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR.",
            "Bengio (2012), Practical recommendations for gradient-based training of deep architectures, Neural "
            "Networks: Tricks of the Trade, 2nd edition.",
        ),
    )

    def __post_init__(self) -> None:
        whole = isinstance(self.patience, int) and not isinstance(self.patience, bool) and self.patience >= 1
        self.require(whole, "patience", "a whole number of epochs, at least 1")
        self.require_number("factor", 0, 1, below=True)
        self.require(self.factor > 0, "factor", "above 0")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's schedule."""
        if self.patience >= plan.epochs:
            raise RemedyError(
                f"plateau: with a patience of {self.patience} epochs the learning rate cannot fall before the "
                f"{plan.epochs} epochs are over. Use a smaller patience or more epochs."
            )
        if plan.stopping is not None:
            require_time(self.word, self.patience, plan.stopping.patience)
        schedule = Schedule("plateau", {"factor": float(self.factor), "patience": self.patience})
        change = plural(
            self.patience,
            "training: the learning rate is multiplied by {factor} after {number} epoch without a lower clean_val_loss",
            "training: the learning rate is multiplied by {factor} after {number} epochs without a lower "
            "clean_val_loss",
            factor=shown(self.factor),
        )
        return scheduled(plan, schedule, self.word), self.receipt(change)
