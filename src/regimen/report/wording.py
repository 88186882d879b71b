"""Numbers and verdicts as people read them: accuracies in %, differences in points, durations in s, min and h."""

import math

from regimen.analysis.comparison import Verdict
from regimen.language import plural, say

MISSING = "—"


def percent(fraction: float | None) -> str:
    """A fraction as a percentage without its unit: 0.7134 → "71.3"; None and NaN are missing."""
    return MISSING if _unknown(fraction) else f"{100 * fraction:.1f}"


def points(fraction: float | None, *, signed: bool = True) -> str:
    """A difference of accuracies in points: 0.023 → "+2.3"; None and NaN are missing.

    A second decimal keeps a small difference from being shown as zero.
    """
    if _unknown(fraction):
        return MISSING
    value = 100 * fraction
    digits = 2 if value and abs(value) < 0.05 else 1
    shown = f"{abs(value):.{digits}f}"
    if not float(shown):
        return shown
    sign = "−" if value < 0 else "+" if signed else ""
    return sign + shown


def percent_range(low: float | None, high: float | None) -> str:
    """An interval of accuracies: (0.701, 0.725) → "70.1–72.5"."""
    return MISSING if _unknown(low) or _unknown(high) else f"{percent(low)}–{percent(high)}"


def points_range(low: float | None, high: float | None) -> str:
    """An interval of differences: (0.012, 0.034) → "+1.2 to +3.4"."""
    if _unknown(low) or _unknown(high):
        return MISSING
    return say("{low} to {high}", low=points(low), high=points(high))


def level_percent(level: float) -> str:
    """A confidence level: 0.9875 → "98.75 %"."""
    return f"{100 * level:.4g} %"


def count_arms(number: int) -> str:
    """A number of arms: 1 → "1 arm", 2 → "2 arms"."""
    return plural(number, "{number} arm", "{number} arms")


def count_seeds(number: int) -> str:
    """A number of seeds."""
    return plural(number, "{number} seed", "{number} seeds")


def count_runs(number: int) -> str:
    """A number of runs."""
    return plural(number, "{number} run", "{number} runs")


def count_epochs(number: int) -> str:
    """A number of epochs."""
    return plural(number, "{number} epoch", "{number} epochs")


def count_validation_images(number: int) -> str:
    """A number of validation images: 2000 → "2,000 validation images"."""
    return plural(number, "{number} validation image", "{number} validation images")


def verdict_word(verdict: Verdict) -> str:
    """A verdict as a message."""
    return {
        Verdict.HELPS: say("helps"),
        Verdict.HURTS: say("hurts"),
        Verdict.EQUIVALENT: say("equivalent"),
        Verdict.CANNOT_TELL: say("cannot tell"),
        Verdict.IDENTICAL: say("identical"),
        Verdict.NONE: say("no verdict"),
    }[verdict]


def duration(seconds: float) -> str:
    """A duration: 0.42 → "0.4 s", 192 → "3 min 12 s", 7500 → "2 h 05 min"; NaN is missing."""
    if _unknown(seconds):
        return MISSING
    if seconds < 9.95:
        return say("{seconds} s", seconds=f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 60:
        return say("{seconds} s", seconds=whole)
    if whole < 3600:
        return say("{minutes} min {seconds} s", minutes=whole // 60, seconds=f"{whole % 60:02d}")
    minutes = round(seconds / 60)
    return say("{hours} h {minutes} min", hours=minutes // 60, minutes=f"{minutes % 60:02d}")


def _unknown(number: float | None) -> bool:
    return number is None or math.isnan(number)
