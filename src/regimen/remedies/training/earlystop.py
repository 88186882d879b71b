"""Early stopping."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import plural
from regimen.plan import Plan, Receipt, Stopping
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class EarlyStopping(Remedy):
    """Ends training once the validation loss (``clean_val_loss``) has not improved for some epochs.

    Its arm is compared at the end of its runs with the baseline at its last epoch.

    Source: Prechelt (1998), Early stopping – but when?, Neural Networks: Tricks of the Trade.

    Args:
        patience: epochs without improvement, at least 1.
        min_delta: smaller improvements do not count; at least 0.
        restore_best: end with the weights of the best epoch.

    Raises:
        RemedyError: a parameter out of range.
    """

    patience: int = 5
    min_delta: float = 0.0
    restore_best: bool = True
    word: ClassVar[str] = "earlystop"
    strength: ClassVar[str] = "patience"
    judged_at: ClassVar[str] = "last"

    def __post_init__(self) -> None:
        whole = isinstance(self.patience, int) and not isinstance(self.patience, bool) and self.patience >= 1
        self.require(whole, "patience", "a whole number of epochs, at least 1")
        self.require_number("min_delta", 0, float("inf"), below=True)
        self.require(isinstance(self.restore_best, bool), "restore_best", "true or false")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets the plan's stopping rule."""
        if plan.stopping is not None:
            raise RemedyError("earlystop: the plan already stops early. Name it once.")
        if self.patience >= plan.epochs:
            raise RemedyError(
                f"earlystop: with a patience of {self.patience} epochs training cannot stop before its "
                f"{plan.epochs} epochs are over. Use a smaller patience or more epochs."
            )
        if self.restore_best:
            change = plural(
                self.patience,
                "training: stops after {number} epoch without a lower clean_val_loss, keeps the weights of the best",
                "training: stops after {number} epochs without a lower clean_val_loss, keeps the weights of the best",
            )
        else:
            change = plural(
                self.patience,
                "training: stops after {number} epoch without a lower clean_val_loss, keeps the last weights",
                "training: stops after {number} epochs without a lower clean_val_loss, keeps the last weights",
            )
        stopping = Stopping(self.patience, float(self.min_delta), self.restore_best)
        return replace(plan, stopping=stopping), self.receipt(change)
