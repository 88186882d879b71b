"""Dose–response: one remedy at several strengths, which is best, and which cannot be told from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regimen.analysis.comparison import Comparison
from regimen.analysis.crossed import accuracy_interval
from regimen.analysis.pairing import compare_runs
from regimen.analysis.shares import mean_interval
from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import join, listing, say


@dataclass(frozen=True)
class Family:
    """Arms that are one remedy at several strengths and otherwise the same.

    Attributes:
        pattern: the arms as they are written on the command line, ``…`` where they differ: ``"dropout=… + flip=0.5"``.
        word: of the remedy, such as ``"dropout"``.
        parameter: what differs, such as ``"rate"``.
        strengths: its values, ascending, two or more; 0 may stand for the arm without the remedy.
        arms: name of the arm with each strength.
        judged_at: ``"selected"`` or ``"last"``: the epoch whose weights all these arms are judged by.
        smaller_allowed: whether the remedy takes smaller values than these.
        larger_allowed: whether it takes larger ones.
    """

    pattern: str
    word: str
    parameter: str
    strengths: tuple[float, ...]
    arms: tuple[str, ...]
    judged_at: str = "selected"
    smaller_allowed: bool = True
    larger_allowed: bool = True


@dataclass(frozen=True)
class Dose:
    """One strength; accuracies and gap are fractions, the loss is in nats; NaN where unknown.

    Attributes:
        strength: the parameter's value.
        arm: the arm that has it.
        accuracy: mean validation accuracy at the epoch that is judged.
        accuracy_low: lower limit of its interval over seeds and images; None with fewer than two runs or images.
        accuracy_high: upper limit.
        gap: at the last epoch, mean over seeds.
        gap_low: lower limit of its interval over seeds; None with one run.
        gap_high: upper limit.
        loss: mean clean validation loss at the epoch that is judged, over the runs that finished.
        loss_low: lower limit of its interval over seeds; None with one run.
        loss_high: upper limit.
        best_minus: the best strength minus this one, compared run by run; None for the best itself.
    """

    strength: float
    arm: str
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    gap: float
    gap_low: float | None
    gap_high: float | None
    loss: float
    loss_low: float | None
    loss_high: float | None
    best_minus: Comparison | None = None

    @property
    def told_from_best(self) -> bool:
        """Whether the best strength is shown to be better than this one."""
        return self.best_minus is not None and self.best_minus.low is not None and self.best_minus.low > 0

    @property
    def shown(self) -> str:
        """The strength for people; 0 with the name of the arm that stands for it."""
        return f"{self.strength:.10g}" if self.strength else f"0 ({self.arm})"


@dataclass(frozen=True)
class DoseResponse:
    """What strengths of one remedy do.

    Attributes:
        family: which arms.
        doses: one per strength, ascending.
        best: the strength with the highest validation accuracy (ties: the smallest); None without a usable run.
        sentence: which is best, and what that is worth.
    """

    family: Family
    doses: tuple[Dose, ...]
    best: Dose | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Plain data; numbers that are unknown are None."""
        numbers = ("strength", "accuracy", "gap", "loss")
        limits = [f"{name}_{side}" for name in numbers[1:] for side in ("low", "high")]
        return {
            "pattern": self.family.pattern,
            "remedy": self.family.word,
            "parameter": self.family.parameter,
            "doses": [
                {
                    "arm": dose.arm,
                    **{name: _known(getattr(dose, name)) for name in (*numbers, *limits)},
                    **{f"best_minus_{name}": _known(getattr(dose.best_minus, name, None)) for name in _COMPARED},
                }
                for dose in self.doses
            ],
            "best": self.best.strength if self.best else None,
            "sentence": self.sentence,
        }


_COMPARED = ("difference", "low", "high")


def dose_response(family: Family, summary: StudySummary) -> DoseResponse:
    """Puts the strengths of one remedy side by side.

    The best strength is the one with the highest validation accuracy. It is compared with each other one over paired
    seeds and images. Since it was chosen after the fact, each pair of strengths could have been the one that is
    compared: Bonferroni's correction is over all pairs, and then bounds the chance of a single wrong "lower than the
    best". Where verdicts are read at several looks, each look has its share of the error rate.

    Args:
        family: which arms.
        summary: of the study that they belong to.

    Returns:
        Each strength's numbers, the best one, and a sentence.

    Source:
        The intervals are those of `Crossed.interval` (accuracies and differences) and Student's (gap, loss); the union
        bound over a winner chosen from the data is Bonferroni's.
    """
    arms = {arm.name: arm for arm in summary.arms}
    members = [arms[name] for name in family.arms]
    scores = "correct_last" if family.judged_at == "last" else "correct"
    usable = [arm for arm in members if any(run.usable for run in arm.runs)]
    best = max(usable, key=lambda arm: _accuracy(arm, scores), default=None)
    comparisons = len(usable) * (len(usable) - 1) // 2 * max(1, len(summary.looks))
    doses = []
    for strength, arm in zip(family.strengths, members, strict=True):
        compared = None
        if best is not None and arm is not best and arm in usable:
            options = {
                "margin": summary.margin,
                "comparisons": comparisons,
                "level": summary.level,
            }
            compared = compare_runs(best.runs, arm.runs, scores, **options)
        doses.append(_dose(strength, arm, scores, summary.level, compared))
    found = next((dose for dose in doses if best is not None and dose.arm == best.name), None)
    return DoseResponse(family, tuple(doses), found, _sentence(family, doses, found))


def _dose(strength: float, arm: ArmSummary, scores: str, level: float, compared: Comparison | None) -> Dose:
    correct = np.array([getattr(run, scores) for run in arm.runs if run.usable])  # (n, N)
    low, high = accuracy_interval(correct, level)
    return Dose(
        *(strength, arm.name, _accuracy(arm, scores), low, high),
        *(arm.gap, arm.diagnosis.gap_low, arm.diagnosis.gap_high),
        *_mean(_losses(arm, scores), level),
        best_minus=compared,
    )


def _accuracy(arm: ArmSummary, scores: str) -> float:
    return arm.accuracy if scores == "correct" else arm.accuracy_last


def _losses(arm: ArmSummary, scores: str) -> np.ndarray:
    """Clean validation loss of each finished run, of the epoch whose weights are scored."""
    return np.array(
        [
            run.history["clean_val_loss"][-1 if scores == "correct_last" else run.selected_epoch - 1]
            for run in arm.runs
            if run.status == "finished"
        ]
    )


def _mean(losses: np.ndarray, level: float) -> tuple[float, float | None, float | None]:
    """The mean of losses with Student's interval, which ends at 0: no mean cross-entropy is lower."""
    low, high = mean_interval(losses, level)
    return float(losses.mean()) if len(losses) else math.nan, None if low is None else max(0.0, low), high


def _sentence(family: Family, doses: Sequence[Dose], best: Dose | None) -> str:
    others = [dose for dose in doses if dose.best_minus is not None]
    if best is None or not others:
        return say("Fewer than two strengths have a run that can be scored.")
    unsure = [dose.shown for dose in others if not dose.told_from_best]
    if all(dose.best_minus.low is None for dose in others):
        found = say("{best} is highest here, but these runs are too few to tell strengths apart.", best=best.shown)
    elif not unsure:
        found = say("{best} is best here; every other strength is lower.", best=best.shown)
    elif len(unsure) == len(others):
        found = say("{best} is highest here, but no other strength can be told from it.", best=best.shown)
    else:
        found = say("{best} is best here; {others} cannot be told from it.", best=best.shown, others=listing(unsure))
    return join([found, _edge(family, best)])


def _edge(family: Family, best: Dose) -> str:
    """What to try if the best strength has no neighbour on one side."""
    if best.strength == family.strengths[-1] and family.larger_allowed:
        return say("It is the largest that was tried: try larger ones as well.")
    if best.strength == family.strengths[0] and family.smaller_allowed:
        return say("It is the smallest that was tried: try smaller ones as well.")
    return ""


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
