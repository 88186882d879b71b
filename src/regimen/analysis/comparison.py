"""An arm against the baseline: the difference, its interval, and the verdict that is read from it."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from regimen.analysis.crossed import Crossed, crossed
from regimen.analysis.power import detectable, images_needed, seeds_needed
from regimen.language import join, say


class Verdict(StrEnum):
    """What can be said of an arm against the baseline."""

    HELPS = "helps"
    HURTS = "hurts"
    EQUIVALENT = "equivalent"
    CANNOT_TELL = "cannot tell"
    IDENTICAL = "identical"
    NONE = "no verdict"


@dataclass(frozen=True)
class Comparison:
    """An arm minus the baseline, in validation accuracy as a fraction.

    Attributes:
        difference: mean over paired seeds and images; NaN when no pair of runs can be scored.
        low: lower limit of the interval that decides; None with one seed or no verdict.
        high: its upper limit.
        standard_error: of the difference, over seeds and images.
        level: confidence of the interval, after Bonferroni.
        per_seed: the difference of each paired seed.
        verdict: read from the interval and the margin.
        reason: one or two sentences for people.
        seeds_needed: for *cannot tell*: seeds, in all, that would detect a true difference of the margin with 80 %
            power on these images; None when no number would.
        images_needed: set only then: validation images that would, given enough seeds.
        detectable: set only then: the smallest difference that enough seeds would detect on these images, a fraction.
        seeds_for_seen: for *cannot tell*: seeds, in all, that would detect a difference as large as the one observed,
            where that is larger than the margin; None when no number would.
    """

    difference: float
    low: float | None
    high: float | None
    standard_error: float | None
    level: float
    per_seed: tuple[float, ...]
    verdict: Verdict
    reason: str
    seeds_needed: int | None = None
    images_needed: int | None = None
    detectable: float | None = None
    seeds_for_seen: int | None = None


def compare(
    arm: np.ndarray,
    baseline: np.ndarray,
    *,
    margin: float = 0.005,
    comparisons: int = 1,
    level: float = 0.95,
) -> Comparison:
    """Compares an arm with the baseline over paired seeds and images.

    Args:
        arm: float (n_seeds, N_images), correctness 0–1 of each run on each validation image.
        baseline: the same of the baseline; row s has the same seed, column i is the same image.
        margin: difference that matters, as a fraction, > 0.
        comparisons: arms compared with the baseline in this study (Bonferroni), ≥ 1.
        level: confidence over all comparisons together, 0–1 exclusive.

    Returns:
        The difference with its interval and verdict. One seed (or one image) has no interval: *cannot tell*.

    Raises:
        ValueError: shapes that differ or are not (n_seeds, N_images), values that are not finite, a margin,
            number of comparisons or level out of range.

    Source:
        The interval: ``Crossed.squared_error`` and ``Crossed.quantile``. Reading a verdict from an interval and a
        margin: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987), though with the 1−α interval instead of 1−2α.
    """
    arm, baseline = np.asarray(arm, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if arm.shape != baseline.shape or arm.ndim != 2 or arm.size == 0:
        raise ValueError(
            f"Expected two arrays of one shape (seeds, images); received {arm.shape} and {baseline.shape}."
        )
    if not (0 < margin < 1 and comparisons >= 1 and 0 < level < 1):
        raise ValueError(
            "Expected margin and level between 0 and 1 and at least one comparison; "
            f"received margin={margin}, level={level}, comparisons={comparisons}."
        )
    differences = arm - baseline  # (n, N)
    per_seed = differences.mean(axis=1)
    if not np.isfinite(per_seed).all():
        raise ValueError("Correctness must be finite; received NaN or infinity. Score a diverged run at chance.")
    level = 1 - (1 - level) / comparisons
    layout = crossed(differences) if min(differences.shape) > 1 else None
    low, high, error = (None,) * 3 if layout is None else layout.interval(level)
    verdict = read_verdict(low, high, margin) if differences.any() else Verdict.IDENTICAL
    enough: dict[str, int | float] = {}
    if layout is not None and verdict is Verdict.CANNOT_TELL:
        enough, reason = _enough(layout, margin, level)
        seen = seeds_needed(layout, abs(layout.mean), level) if abs(layout.mean) > margin else None
        if seen is not None and seen > layout.seeds:
            enough["seeds_for_seen"] = seen
            words = say(
                "A difference as large as the one seen here would take about {seeds} seeds.", seeds=_rounded(seen)
            )
            reason = join([reason, words])
    else:
        reason = _reason(verdict, margin, len(per_seed))
    return Comparison(
        difference=float(per_seed.mean()),
        low=None if low is None else max(low, -1.0),  # no difference of accuracies is larger
        high=None if high is None else min(high, 1.0),
        standard_error=error,
        level=level,
        per_seed=tuple(map(float, per_seed)),
        verdict=verdict,
        reason=reason,
        **enough,
    )


def read_verdict(low: float | None, high: float | None, margin: float) -> Verdict:
    """What an interval says. The order matters: one inside the margin is equivalent even when it excludes zero."""
    if low is None or high is None:
        return Verdict.CANNOT_TELL
    if -margin < low and high < margin:
        return Verdict.EQUIVALENT
    if low > 0:
        return Verdict.HELPS
    if high < 0:
        return Verdict.HURTS
    return Verdict.CANNOT_TELL


def _reason(verdict: Verdict, margin: float, seeds: int) -> str:
    if verdict is Verdict.CANNOT_TELL and seeds == 1:
        return say("One seed has no interval; use --seeds 5.")
    return {
        Verdict.CANNOT_TELL: say("One validation image has no interval; use a larger validation part."),
        Verdict.IDENTICAL: say("Every seed classifies every validation image alike with and without the remedy."),
        Verdict.EQUIVALENT: say("The whole interval lies within ±{margin}.", margin=_points(margin)),
        Verdict.HELPS: say("The whole interval lies above zero."),
        Verdict.HURTS: say("The whole interval lies below zero."),
    }[verdict]


def _enough(layout: Crossed, margin: float, level: float) -> tuple[dict[str, int | float], str]:
    """Seeds that would do, else images that would, and the sentence that says so."""
    wanted = _points(margin)
    seeds = seeds_needed(layout, margin, level)
    if seeds is None:
        images, least = images_needed(layout, margin, level), detectable(layout, level)
        reason = say(
            "On these {now} validation images, no number of seeds will detect a true difference of less than about "
            "{least}; {wanted} would take about {images} images.",
            now=f"{layout.images:,}",
            least=_points(least),
            wanted=wanted,
            images=_rounded(images),
        )
        return {"images_needed": images, "detectable": least}, reason
    if seeds <= layout.seeds:
        reason = say(
            "{seeds} seeds detect a true difference of {wanted} four times in five; a smaller one takes more.",
            seeds=layout.seeds,
            wanted=wanted,
        )
    else:
        reason = say(
            "About {seeds} seeds would detect a true difference of {wanted}.", seeds=_rounded(seeds), wanted=wanted
        )
    return {"seeds_needed": seeds}, reason


def _points(fraction: float) -> str:
    points = round(100 * fraction, 6)
    return say("1 point") if points == 1 else say("{points} points", points=f"{points:g}")


def _rounded(count: int) -> str:
    """Two significant digits, rounded up: 12 → 12, 3,912 → 4,000."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return f"{math.ceil(count / unit) * unit:,}"
