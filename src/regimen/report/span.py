"""The common axis on which the intervals of all arms are drawn, in the terminal as in the report."""

from collections.abc import Iterable
from dataclasses import dataclass

from regimen.analysis.comparison import Comparison

_MOST = 2 / 3  # of the intervals are never cut
_JUMP = 4.0  # an interval this many times as far out as the next one is cut off, so that the others stay legible


@dataclass(frozen=True)
class Span:
    """An axis of differences of accuracy, as fractions; zero lies inside.

    Attributes:
        low: left end, < 0.
        high: right end, > 0.
    """

    low: float
    high: float

    @classmethod
    def of(cls, comparisons: Iterable[Comparison], margin: float) -> "Span":
        """An axis that shows zero, the margin on both sides, and every interval that is not far out: most of them."""
        low = high = 0.0
        shown = [_ends(found) for found in comparisons if found.difference == found.difference]  # else NaN
        shown.sort(key=lambda ends: max(map(abs, ends)))
        for place, (left, right) in enumerate(shown):
            most = place >= round(_MOST * len(shown))
            if most and low < high and max(-left, right) > _JUMP * max(-low, high):
                break
            low, high = min(low, left), max(high, right)
        return cls(1.1 * min(low, -margin), 1.1 * max(high, margin))

    def position(self, value: float) -> float:
        """Where a value lies: 0 at the left end, 1 at the right end; values beyond are put there."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high


def _ends(found: Comparison) -> tuple[float, float]:
    """The interval, or the difference alone where there is none."""
    if found.low is None or found.high is None:
        return found.difference, found.difference
    return found.low, found.high
