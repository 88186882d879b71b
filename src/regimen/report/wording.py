"""Numbers as people read them: accuracies in %, differences in points, durations in s, min and h."""

import math

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
    return MISSING if _unknown(low) or _unknown(high) else f"{points(low)} to {points(high)}"


def level_percent(level: float) -> str:
    """A confidence level: 0.9875 → "98.75 %"."""
    return f"{100 * level:.4g} %"


def count(number: int, noun: str) -> str:
    """A number with its noun: (1, "seed") → "1 seed", (2000, "image") → "2,000 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A duration: 0.42 → "0.4 s", 192 → "3 min 12 s", 7500 → "2 h 05 min"; NaN is missing."""
    if _unknown(seconds):
        return MISSING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def listing(names: list[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _unknown(number: float | None) -> bool:
    return number is None or math.isnan(number)
