"""Trainings side by side, one run each: why they cannot be ranked, and how many repeats would do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regimen.analysis.training_verdict import TrainingDiagnosis, TrainingVerdict
from regimen.language import Message, join, listing, plural, say

LEVEL, POWER = 0.95, 0.8
MOST_REPEATS = 1000  # beyond which the number says no more than "more than anyone will run"


@dataclass(frozen=True)
class SingleRun:
    """One training against the best of them.

    Attributes:
        name: of the training.
        score: validation accuracy, as a fraction, at the epoch of the lowest validation loss; or that loss.
        behind: how much worse than the best, ≥ 0; 0 for the best itself.
        within_noise: whether that is less than what chance alone makes of two runs in 95 of 100 cases; None for the
            best.
        repeats: the fewest runs of each of the two that would show a true difference of this size with 80 % power, if
            runs differed no more than the noise; None for the best, without noise, or beyond 1,000.
    """

    name: str
    score: float
    behind: float
    within_noise: bool | None
    repeats: int | None

    @property
    def beyond_reach(self) -> bool:
        """Whether more than 1,000 runs of each would be needed, rather than no number being known or of use."""
        return self.repeats is None and bool(self.within_noise) and self.behind > 0


@dataclass(frozen=True)
class SingleRuns:
    """Trainings side by side.

    Attributes:
        runs: best score first.
        by: ``"accuracy"`` or ``"loss"``, what the score is.
        noise: a lower bound of the standard deviation between runs of the same training, in the unit of the score.
        images_counted: whether the noise holds the binomial part of a known number of validation images.
        left_out: names of trainings without the score.
        summary: what can be said of the order.
    """

    runs: tuple[SingleRun, ...]
    by: str
    noise: float
    images_counted: bool
    left_out: tuple[str, ...]
    summary: str


def compare_single_runs(diagnoses: Sequence[TrainingDiagnosis]) -> SingleRuns | None:
    """Puts trainings side by side, and says what their order is worth.

    Two runs of the same training differ at least by what a single curve jitters from epoch to epoch (its standard
    deviation around the 3-epoch median, quadratic mean over the trainings), and on different validation images also by
    what the images make of it (binomial, where their number is known for all). The spread between runs, from initial
    weights and order of batches, is not in a single run: the noise is a lower bound, and so are the repeats.

    Args:
        diagnoses: of the trainings.

    Returns:
        The comparison; None with fewer than two trainings that have a common score.

    Source:
        Power of the two-sample Student test from the noncentral t distribution: Cohen 1988.
    """
    by = "accuracy" if sum(not math.isnan(found.accuracy_at_stop) for found in diagnoses) > 1 else "loss"
    scores = {found.name: _score(found, by) for found in diagnoses}
    usable = [found for found in diagnoses if math.isfinite(scores[found.name])]
    if len(usable) < 2:
        return None
    sign = -1 if by == "accuracy" else 1
    usable.sort(key=lambda found: sign * scores[found.name])
    noise, counted = _noise(usable, by)
    best = scores[usable[0].name]
    runs = tuple(
        _against(found.name, scores[found.name], abs(scores[found.name] - best), noise, best=index == 0)
        for index, found in enumerate(usable)
    )
    left_out = tuple(found.name for found in diagnoses if found not in usable)
    summary = join([_summary(runs, by, noise, counted), _left_out(left_out)])
    return SingleRuns(runs, by, noise, counted, left_out, summary)


def repeats_needed(difference: float, noise: float) -> int | None:
    """The fewest runs of each of two trainings that show a true difference with 80 % power at the 5 % level.

    Args:
        difference: the true difference, > 0.
        noise: standard deviation between runs, > 0, in the same unit.

    Returns:
        At least 2; None beyond 1,000, or where difference or noise is 0 or unknown.
    """
    from scipy.special import nctdtr, stdtrit

    if not (difference > 0 and noise > 0 and math.isfinite(difference / noise)):
        return None
    for runs in range(2, MOST_REPEATS + 1):
        shift, df = difference / noise * (runs / 2) ** 0.5, 2 * runs - 2
        critical = float(stdtrit(df, (1 + LEVEL) / 2))
        # Far out the noncentral t is left to its limit: numerical routines give up there.
        if shift > 10 * critical + 10 or 1 - float(nctdtr(df, shift, critical)) >= POWER:
            return runs
    return None


def _score(found: TrainingDiagnosis, by: str) -> float:
    if found.verdict is TrainingVerdict.DIVERGED:
        return float("nan")
    return found.accuracy_at_stop if by == "accuracy" else found.loss_at_stop


def _noise(usable: Sequence[TrainingDiagnosis], by: str) -> tuple[float, bool]:
    """The lower bound of the standard deviation between runs, and whether it counts the images."""
    jitters = np.array([found.accuracy_noise if by == "accuracy" else found.noise for found in usable])
    jitters = jitters[np.isfinite(jitters)]
    squared = float(np.mean(jitters**2)) if len(jitters) else float("nan")
    counted = by == "accuracy" and all(found.validation_images for found in usable)
    if counted:
        shares = np.clip([found.accuracy_at_stop for found in usable], 0, 1)
        images = np.array([found.validation_images for found in usable])
        binomial = float(np.mean(shares * (1 - shares) / images))
        squared = binomial if math.isnan(squared) else squared + binomial
    return math.sqrt(squared), counted


def _against(name: str, score: float, behind: float, noise: float, *, best: bool) -> SingleRun:
    if best or math.isnan(noise):
        return SingleRun(name, score, behind, None, None)
    return SingleRun(name, score, behind, behind <= 1.96 * 2**0.5 * noise, repeats_needed(behind, noise))


def _summary(runs: Sequence[SingleRun], by: str, noise: float, counted: bool) -> Message:
    """What the order of single runs is worth."""
    order = say("These trainings cannot be ranked: each is a single run, and another seed would move every number.")
    if math.isnan(noise):
        return order
    size = (
        say("{points} points", points=f"{196 * 2**0.5 * noise:.1f}")
        if by == "accuracy"
        else f"{1.96 * 2**0.5 * noise:.3g}"
    )
    within = sum(run.within_noise is True for run in runs)
    source = (
        say("what they jitter from epoch to epoch and the number of validation images")
        if counted
        else say("what they jitter from epoch to epoch")
    )
    differences = (
        say(
            "{within} of {differences} differences from the best lie within the {size} that chance alone makes at "
            "least, going by {source}.",
            within=str(within),
            differences=str(len(runs) - 1),
            size=size,
            source=source,
        )
        if within
        else say(
            "Every difference from the best is larger than the {size} that chance alone makes at least, going by "
            "{source}; whether it is larger than what seeds make is not in these curves.",
            size=size,
            source=source,
        )
    )
    return join([order, differences, _enough(runs)])


def _left_out(names: Sequence[str]) -> Message | str:
    """Who has no place in the order."""
    if not names:
        return ""
    return plural(
        len(names),
        "{names} is left out: it diverged or lacks what the others are compared by.",
        "{names} are left out: they diverged or lack what the others are compared by.",
        names=listing(names),
    )


def _enough(runs: Sequence[SingleRun]) -> Message | str:
    """How many runs of each would show every difference seen."""
    if any(run.beyond_reach for run in runs):
        return say(
            "More than {most} runs of each would be needed to show all differences seen.", most=f"{MOST_REPEATS:,}"
        )
    known = [run.repeats for run in runs if run.repeats]
    if not known:
        return ""
    return plural(
        max(known),
        "At least {number} run of each would be needed to show all differences seen, more if runs differ more "
        "than epochs do.",
        "At least {number} runs of each would be needed to show all differences seen, more if runs differ more "
        "than epochs do.",
    )
