"""What can be said of one training."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from regimen.analysis.roles import Roles


class TrainingVerdict(StrEnum):
    """What can be said of one training."""

    OVERFITS = "overfits"
    UNDERFITS = "underfits"
    FINE = "fine"
    TOO_SHORT = "too short"
    TOO_NOISY = "too noisy"
    DIVERGED = "diverged"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, eq=False)
class TrainingDiagnosis:
    """What the curves of one training say. Epochs are the numbers that the source gives them, from 1.

    Attributes:
        name: of the training.
        verdict: see `regimen.analysis.training.diagnose_training`.
        onset: epoch from which it overfits to the end; None unless it does.
        by: ``"loss"``, ``"gap"``, ``"both"`` or ``""``.
        stop_epoch: where to stop: the epoch of the lowest validation loss; None without one.
        stop_range: first and last of the epochs around it whose validation loss lies within the noise of the lowest.
        wasted: share of the epochs after `stop_epoch`, 0–1; None where nothing can be said.
        noise: standard deviation of validation loss around its 3-epoch median; NaN when too short.
        risen_for: epochs in a row, up to the last, whose validation loss lies above its lowest (that of its 3-epoch
            median) by more than twice its noise; fewer than 3 are too few to call it overfitting.
        loss_at_stop: validation loss there; NaN where unknown.
        loss_at_end: at the last epoch.
        accuracy_at_stop: validation accuracy at `stop_epoch`, as a fraction; NaN where unknown.
        accuracy_at_end: at the last epoch.
        gap: training minus validation accuracy at the last epoch, as a fraction; NaN where unknown.
        gap_trend: its slope over the last third of the training, as a fraction per epoch; NaN where unknown.
        gap_is_clean: the gap is measured in inference mode; None without a gap.
        accuracy_noise: standard deviation of validation accuracy around its 3-epoch median; NaN where unknown.
        diverged_epoch: the first whose validation loss is NaN or infinite.
        epochs: int64 (epochs,), their numbers.
        curves: metric → float64 (epochs,); accuracies as fractions.
        roles: which metric is which.
        validation_images: size of the validation part, where known.
        summary: the answer, in a sentence or two.
        remarks: what it rests on and what it hides.
    """

    name: str
    verdict: TrainingVerdict
    onset: int | None
    by: str
    stop_epoch: int | None
    stop_range: tuple[int, int] | None
    wasted: float | None
    noise: float
    risen_for: int
    loss_at_stop: float
    loss_at_end: float
    accuracy_at_stop: float
    accuracy_at_end: float
    gap: float
    gap_trend: float
    gap_is_clean: bool | None
    accuracy_noise: float
    diverged_epoch: int | None
    epochs: np.ndarray
    curves: Mapping[str, np.ndarray]
    roles: Roles
    validation_images: int | None
    summary: str = ""
    remarks: tuple[str, ...] = ()
