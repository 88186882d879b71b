"""The rows of the tables, in words: what the terminal and the HTML report have in common."""

from dataclasses import dataclass

import numpy as np

from regimen.analysis.comparison import Comparison
from regimen.analysis.crossed import accuracy_interval
from regimen.analysis.diagnosis import LARGEST_GAP
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import join, say
from regimen.report.wording import (
    MISSING,
    count_arms,
    count_seeds,
    count_validation_images,
    duration,
    percent,
    percent_range,
    points,
    points_range,
    verdict_word,
)


@dataclass(frozen=True)
class VerdictRow:
    """One arm of the table of verdicts; accuracies in %, differences in points.

    Attributes:
        arm: its name.
        accuracy: mean validation accuracy where the arm is judged.
        accuracy_interval: its interval.
        test_accuracy: mean test accuracy.
        test_interval: its interval.
        test_difference: to the baseline, on the test part.
        test_difference_interval: its interval.
        gap: training minus validation accuracy at the last epoch.
        gap_interval: its interval over seeds.
        onset: epoch from which it overfits, ``"no"``, ``"unsure"``, or missing.
        difference: to the baseline.
        interval: of the difference.
        verdict: of ``comparison``, in words; empty for the baseline.
        comparison: the one that decides; None for the baseline.
        last_accuracy: mean validation accuracy at the last epoch.
        last_difference: to the baseline, both at the last epoch.
        last_interval: its interval.
    """

    arm: str
    accuracy: str
    accuracy_interval: str
    test_accuracy: str
    test_interval: str
    test_difference: str
    test_difference_interval: str
    gap: str
    gap_interval: str
    onset: str
    difference: str
    interval: str
    verdict: str
    comparison: Comparison | None
    last_accuracy: str
    last_difference: str
    last_interval: str

    @property
    def since(self) -> str:
        """The onset in words."""
        return say("epoch {epoch}", epoch=self.onset) if self.onset.isdigit() else self.onset


@dataclass(frozen=True)
class RunRow:
    """One run of the table of runs; accuracies in %, gap in points.

    Attributes:
        arm: its arm.
        seed: its seed.
        status: how it ended, and why it failed.
        selected_epoch: the epoch with the lowest clean validation loss.
        epochs: how many it ran.
        accuracy: validation accuracy at the selected epoch.
        accuracy_last: the same at the last epoch.
        training_accuracy: in inference mode at the last epoch.
        gap: at the last epoch.
        test_accuracy: at the selected epoch.
        duration: with its unit.
    """

    arm: str
    seed: int
    status: str
    selected_epoch: str
    epochs: str
    accuracy: str
    accuracy_last: str
    training_accuracy: str
    gap: str
    test_accuracy: str
    duration: str


def study_size(summary: StudySummary) -> str:
    """How many arms, seeds and validation images: "5 arms, 10 seeds, 1,497 validation images"."""
    sizes = [
        count_arms(len(summary.arms)),
        count_seeds(len(summary.seeds)),
        count_validation_images(summary.validation_images),
    ]
    return join(sizes, ", ")


def verdict_rows(summary: StudySummary) -> list[VerdictRow]:
    """One row per arm, the baseline first."""
    return [_verdict_row(arm, summary.level) for arm in summary.arms]


def run_rows(summary: StudySummary) -> list[RunRow]:
    """One row per run, arm by arm, seeds ascending."""
    return [_run_row(run) for arm in summary.arms for run in sorted(arm.runs, key=lambda run: run.seed)]


def _verdict_row(arm: ArmSummary, level: float) -> VerdictRow:
    found, last = arm.comparison, arm.comparison_last
    diagnosis, tested = arm.diagnosis, arm.tested
    compared = tested.comparison if tested else None
    unsure = diagnosis.gap > LARGEST_GAP  # but its interval over seeds holds zero
    onset = {None: MISSING, False: say("unsure") if unsure else say("no"), True: str(diagnosis.onset)}[
        diagnosis.overfits
    ]
    return VerdictRow(
        arm=arm.name,
        accuracy=percent(arm.judged_accuracy),
        accuracy_interval=percent_range(*_accuracy_interval(arm, level)),
        test_accuracy=percent(arm.test_accuracy),
        test_interval=percent_range(tested.low, tested.high) if tested else MISSING,
        test_difference=points(compared.difference) if compared else "",
        test_difference_interval=points_range(compared.low, compared.high) if compared else "",
        gap=points(arm.gap),
        gap_interval=points_range(diagnosis.gap_low, diagnosis.gap_high),
        onset=onset,
        difference=points(found.difference) if found else "",
        interval=points_range(found.low, found.high) if found else "",
        verdict=verdict_word(found.verdict) if found else "",
        comparison=found,
        last_accuracy=percent(arm.accuracy_last),
        last_difference=points(last.difference) if last else "",
        last_interval=points_range(last.low, last.high) if last else "",
    )


def _accuracy_interval(arm: ArmSummary, level: float) -> tuple[float | None, float | None]:
    """The interval of the accuracy that is shown, which for early stopping is the one at the last epoch."""
    if arm.judged_at != "last" or arm.accuracy_low is None:
        return arm.accuracy_low, arm.accuracy_high
    return accuracy_interval(np.array([run.correct_last for run in arm.runs if run.usable]), level)


def _run_row(run: RunOutcome) -> RunRow:
    trained = _last(run, "clean_acc")
    epochs = max((len(curve) for curve in run.history.values()), default=0)
    return RunRow(
        arm=run.arm,
        seed=run.seed,
        status=_status(run),
        selected_epoch=MISSING if run.selected_epoch is None else str(run.selected_epoch),
        epochs=str(epochs) if epochs else MISSING,
        accuracy=percent(_mean(run.correct)),
        accuracy_last=percent(_mean(run.correct_last)),
        training_accuracy=percent(trained),
        gap=points(trained - _last(run, "val_acc")),
        test_accuracy=percent(_mean(run.test_correct)),
        duration=duration(run.wall_seconds),
    )


def _status(run: RunOutcome) -> str:
    return {
        "finished": say("finished"),
        "diverged": say("diverged, scored at chance"),
        "failed": say("failed: {error}", error=run.error or say("no message")),
    }[run.status]


def _mean(scores: np.ndarray | None) -> float | None:
    return None if scores is None else float(np.mean(scores))


def _last(run: RunOutcome, metric: str) -> float:
    curve = run.history.get(metric, ())
    return float(curve[-1]) if len(curve) else float("nan")
