"""All runs of a study in one summary: every arm diagnosed, compared with the baseline, and an answer in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regimen.analysis.answer import answer, headline
from regimen.analysis.comparison import Comparison
from regimen.analysis.crossed import accuracy_interval
from regimen.analysis.diagnosis import Diagnosis, diagnose
from regimen.analysis.outcomes import RunOutcome, count_status
from regimen.analysis.pairing import compare_runs
from regimen.analysis.tested import Tested, on_test
from regimen.language import join, say

BASELINE = "baseline"
JUDGED_AT = ("selected", "last")


@dataclass(frozen=True, eq=False)
class ArmSummary:
    """What a study knows of one arm; accuracies are fractions.

    Attributes:
        name: name of the arm.
        runs: its runs, as given.
        diagnosis: whether it overfits.
        accuracy: mean validation accuracy at the selected epochs; NaN without a usable run.
        accuracy_low: lower limit of its interval over seeds and images (no Bonferroni); None with fewer than two
            usable runs or images.
        accuracy_high: upper limit.
        accuracy_last: mean validation accuracy at the last epochs.
        tested: what the test part says at the selected epochs; None unless every usable run was tested.
        comparison: with the baseline, at ``judged_at``: the one that decides. None for the baseline.
        comparison_last: with the baseline, both at their last epoch.
        judged_at: ``"selected"`` or ``"last"``.
    """

    name: str
    runs: tuple[RunOutcome, ...]
    diagnosis: Diagnosis
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    accuracy_last: float
    tested: Tested | None
    comparison: Comparison | None
    comparison_last: Comparison | None
    judged_at: str

    @property
    def gap(self) -> float:
        """Accuracy gap at the last epoch, mean over seeds, as a fraction; NaN when unknown."""
        return self.diagnosis.gap

    @property
    def test_accuracy(self) -> float | None:
        """Mean test accuracy at the selected epochs; None unless every usable run has one."""
        return None if self.tested is None else self.tested.accuracy

    @property
    def judged_accuracy(self) -> float:
        """Mean validation accuracy at the epoch where the arm is judged."""
        return self.accuracy_last if self.judged_at == "last" else self.accuracy


@dataclass(frozen=True, eq=False)
class StudySummary:
    """What a study found.

    Attributes:
        arms: the baseline first, then in the order given.
        margin: difference that matters, as a fraction.
        level: confidence over all comparisons of the study together.
        seeds: every seed that any arm ran, ascending.
        looks: numbers of seeds at which verdicts were to be read until all are decided; empty where they are read once.
        validation_images: their number; 0 without a usable run.
        headline: the answer in one sentence.
        answer: one or more plain sentences: does the model overfit, and which remedy helps.
        best_arm: the highest mean validation accuracy where it is judged (ties: the first), among arms with a usable
            run; ``"baseline"`` when there is none. It need not help: that is what verdicts are for.
    """

    arms: tuple[ArmSummary, ...]
    margin: float
    level: float
    seeds: tuple[int, ...]
    looks: tuple[int, ...]
    validation_images: int
    headline: str
    answer: str
    best_arm: str

    @property
    def baseline(self) -> ArmSummary:
        """The arm without a remedy."""
        return self.arms[0]


def summarize(
    outcomes: Mapping[str, Sequence[RunOutcome]],
    *,
    judged_at: Mapping[str, str] | None = None,
    margin: float = 0.005,
    level: float = 0.95,
    looks: Sequence[int] = (),
) -> StudySummary:
    """Diagnoses every arm and compares it with the baseline.

    Runs are paired by seed. A diverged run counts as it was scored, at chance, and is mentioned. A failed run leaves
    its arm without a verdict, a failed run of the baseline all arms. Seeds that only one of two arms ran are left out
    of their comparison, which says so.

    Args:
        outcomes: arm → its runs, ``"baseline"`` among them.
        judged_at: arm → ``"selected"`` (the default) or ``"last"``: an arm with early stopping is judged by what it
            ends with, against the baseline's last epoch.
        margin: difference that matters, as a fraction, > 0.
        level: confidence over all comparisons together, 0–1 exclusive.
        looks: numbers of seeds at which verdicts are read until all are decided: each comparison is made so often.

    Returns:
        The summary.

    Source:
        Equal shares of the error rate for each look (Bonferroni), which hold however the looks are correlated and for
        whatever reason a study is stopped; Pocock, Biometrika 64 (1977) has the narrower ones for normal means.

    Raises:
        ValueError: no baseline, a seed twice in one arm, an unknown arm or value in ``judged_at``, runs scored on
            different numbers of images.
    """
    judged_at = dict(judged_at or {})
    images = _check(outcomes, judged_at)
    names = [BASELINE, *(name for name in outcomes if name != BASELINE)]
    baseline = tuple(outcomes[BASELINE])
    arms = []
    for name in names:
        runs, judged = tuple(outcomes[name]), judged_at.get(name, "selected")
        selected = last = None
        options = {"margin": margin, "comparisons": max(1, len(names) - 1) * max(1, len(looks)), "level": level}
        if name != BASELINE:
            selected = compare_runs(runs, baseline, "correct", **options)
            last = compare_runs(runs, baseline, "correct_last", **options)
        tested = on_test(runs, None if name == BASELINE else baseline, selected, **options)
        arms.append(_arm(name, runs, judged, level, tested, last if judged == "last" else selected, last))
    compared = {arm.name: arm.comparison for arm in arms[1:]}
    usable = [arm for arm in arms if any(run.usable for run in arm.runs)] or arms[:1]
    return StudySummary(
        arms=tuple(arms),
        margin=margin,
        level=level,
        seeds=tuple(sorted({run.seed for arm in arms for run in arm.runs})),
        looks=tuple(looks),
        validation_images=images,
        headline=headline(arms[0].diagnosis, compared),
        answer=answer(arms[0].runs, arms[0].diagnosis, compared, level),
        best_arm=max(usable, key=lambda arm: arm.judged_accuracy).name,
    )


def _check(outcomes: Mapping[str, Sequence[RunOutcome]], judged_at: Mapping[str, str]) -> int:
    """Refuses outcomes that do not belong together; returns the number of validation images."""
    if BASELINE not in outcomes:
        raise ValueError(f"Outcomes need an arm {BASELINE!r}; received {sorted(outcomes)}.")
    for name, judged in judged_at.items():
        if name not in outcomes or judged not in JUDGED_AT:
            raise ValueError(f"judged_at maps an arm to {' or '.join(JUDGED_AT)}; received {name!r}: {judged!r}.")
    for name, runs in outcomes.items():
        seeds = [run.seed for run in runs]
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"Arm {name!r} has a seed twice: {sorted(seeds)}.")
    usable = [run for runs in outcomes.values() for run in runs if run.usable]
    sizes = {len(score) for run in usable for score in (run.correct, run.correct_last)}
    if len(sizes) > 1:
        raise ValueError(f"Runs of one study share their validation images; received {sorted(sizes)} of them.")
    return sizes.pop() if sizes else 0


def _arm(
    name: str,
    runs: tuple[RunOutcome, ...],
    judged_at: str,
    level: float,
    tested: Tested | None,
    comparison: Comparison | None,
    comparison_last: Comparison | None,
) -> ArmSummary:
    usable = [run for run in runs if run.usable]
    correct = np.array([run.correct for run in usable])  # (n, N)
    low, high = accuracy_interval(correct, level)
    return ArmSummary(
        name=name,
        runs=runs,
        diagnosis=_diagnose_runs(runs, level),
        accuracy=float(correct.mean()) if usable else float("nan"),
        accuracy_low=low,
        accuracy_high=high,
        accuracy_last=float(np.mean([run.correct_last for run in usable])) if usable else float("nan"),
        tested=tested,
        comparison=comparison,
        comparison_last=comparison_last,
        judged_at=judged_at,
    )


def _diagnose_runs(runs: tuple[RunOutcome, ...], level: float) -> Diagnosis:
    """Diagnoses the finished runs; a diverged run has no curve worth averaging, and is counted instead."""
    finished = [run.history for run in runs if run.status == "finished"]
    diagnosis = diagnose(finished, level=level)
    lost = count_status(runs, "diverged"), count_status(runs, "failed")
    if not any(lost):
        return diagnosis
    note = say(
        "Of {runs} runs, {diverged} diverged and {failed} failed; these curves do not show them.",
        runs=len(runs),
        diverged=lost[0],
        failed=lost[1],
    )
    return replace(diagnosis, reason=join([diagnosis.reason, note]) if finished else say("No run finished training."))
