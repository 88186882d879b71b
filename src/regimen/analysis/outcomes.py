"""What the analysis is given: one record per run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

HISTORY_METRICS = ("loss", "acc", "val_loss", "val_acc", "clean_loss", "clean_acc", "clean_val_loss")
STATUSES = ("finished", "diverged", "failed")


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """One arm trained with one seed; printed without its arrays.

    Attributes:
        arm: name of the arm.
        seed: seed of the run; runs of two arms with the same seed are a pair.
        status: ``"finished"``, ``"diverged"`` (scored at chance) or ``"failed"`` (crashed again when retried).
        history: metric → float64 (epochs,), the names of ``HISTORY_METRICS``; may be empty for a failed run.
        selected_epoch: 1-based epoch with the lowest ``clean_val_loss``; None where there is none.
        correct: float (N_val,), 1 where the selected epoch classifies the image correctly, else 0; a diverged
            run holds 1 / number of classes everywhere; None for a failed run.
        correct_last: the same at the last epoch (after early stopping: what the stopped run ends with).
        test_correct: float (N_test,) at the selected epoch; None without a test part.
        wall_seconds: duration of the run.
        error: why it failed.
        top5: fraction of the validation images whose class is among the five most probable ones at the selected epoch;
            None for a failed run, and where there are few classes.
    """

    arm: str
    seed: int
    status: str
    history: Mapping[str, np.ndarray] = field(repr=False)
    selected_epoch: int | None
    correct: np.ndarray | None = field(repr=False)
    correct_last: np.ndarray | None = field(repr=False)
    test_correct: np.ndarray | None = field(repr=False)
    wall_seconds: float
    error: str | None = None
    top5: float | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"The status of a run is one of {', '.join(STATUSES)}; received {self.status!r}.")
        if self.status != "failed" and (self.correct is None or self.correct_last is None):
            raise ValueError(f"A {self.status} run needs correct and correct_last (arm {self.arm}, seed {self.seed}).")

    @property
    def usable(self) -> bool:
        """Whether the run can be scored: it finished, or diverged and counts as chance."""
        return self.status != "failed"


def count_status(runs: Sequence[RunOutcome], status: str) -> int:
    """How many of the runs ended so."""
    return sum(run.status == status for run in runs)
