"""Early stopping."""

from dataclasses import dataclass, replace
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import plural, say
from regimen.plan import Plan, Receipt, Stopping
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy
from regimen.remedies.training.schedule import require_time


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
    card: ClassVar[Card] = Card(
        what=say(
            "Watches the validation loss after every epoch and ends training when it has not fallen for some epochs. "
            "The weights of the best epoch are restored, so what is learned after it is thrown away."
        ),
        formula=(
            "L(t): validation loss after epoch t,  b(t): lowest loss until epoch t − 1\n"
            "epoch t is an improvement if  L(t) < b(t) − min_delta\n"
            "stop after the first epoch with `patience` epochs in a row that were none"
        ),
        helps=say(
            "Wherever validation loss falls, reaches a minimum and rises again. It costs nothing, saves time, and for "
            "linear models it acts much like L2: few steps keep the weights near where they began."
        ),
        hurts=say(
            "With little validation data the minimum is partly chance, and the accuracy at that epoch flatters. It "
            "stops too soon where the loss rests before it falls again, and where a schedule still has to lower the "
            "learning rate."
        ),
        strengths=say(
            "A patience of 3 to 10 epochs; more where validation loss is noisy, or epochs are short. A patience above "
            "a third of all epochs seldom stops anything."
        ),
        interactions={
            "cosine": say("The schedule is laid out over all epochs; stopping early leaves out its small steps."),
            "onecycle": say("The gain comes at the end of the cycle; stopping early forgoes it."),
            "plateau": say("Give early stopping the longer patience, so that the smaller rate gets its chance."),
            "dropout": say("Dropout slows training down; give early stopping more patience than without it."),
            "l2": say("In Keras, val_loss holds the penalty, which changes while weights do; here it is left out."),
        },
        keras=(
            'stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)\n'
            "# model.fit(…, callbacks=[stop])"
        ),
        papers=(
            "Prechelt (1998), Early stopping – but when?, Neural Networks: Tricks of the Trade, LNCS 1524.",
            "Bishop (1995), Regularization and complexity control in feed-forward networks, ICANN.",
        ),
    )

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
        if plan.schedule is not None and plan.schedule.kind == "plateau":
            require_time(self.word, plan.schedule.settings["patience"], self.patience)
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
