"""How many seeds, or how many images, would have been enough."""

from collections.abc import Callable
from dataclasses import replace

from regimen.analysis.crossed import Crossed

POWER = 0.8
UPPER_LIMIT = 0.8  # confidence of the upper limit of the SD over seeds


def seeds_needed(layout: Crossed, difference: float, level: float) -> int | None:
    """The fewest seeds that detect a true difference with 80 % power on the images at hand.

    The SD over seeds, known from few, is taken at its 80 % upper confidence limit (chi-square), and never under what
    the rest alone makes of it. The part of the images stays as it is: more seeds do not shrink it.

    Args:
        layout: the mean squares of the differences observed.
        difference: the true difference to detect, as a fraction, > 0.
        level: confidence of the interval that decides.

    Returns:
        At least 2, or None when no number of seeds would do.

    Source:
        Power of Student's test from the noncentral t distribution (Cohen 1988), here with the degrees of freedom of
        ``Crossed.squared_error``; upper confidence limit of the SD: Browne, Statistics in Medicine 14 (1995).
    """
    plan = _Plan(layout)
    if plan.power(float("inf"), layout.images, difference, level) < POWER:
        return None
    return _first(lambda seeds: plan.power(seeds, layout.images, difference, level) >= POWER)


def images_needed(layout: Crossed, difference: float, level: float) -> int:
    """Validation images on which enough seeds detect a true difference with 80 % power.

    On the fewest images where that is possible at all, infinitely many seeds would be needed. Twice that number
    leaves half of the squared error to the seeds, and is what is returned. How many seeds that takes is not said:
    on few images the rest hides what the seeds themselves do.

    Args:
        layout: the mean squares of the differences observed.
        difference: the true difference to detect, as a fraction, > 0.
        level: confidence of the interval that decides.

    Returns:
        The number of validation images, at least 4.
    """
    plan = _Plan(layout)
    return 2 * _first(lambda images: plan.power(float("inf"), images, difference, level) >= POWER)


class _Plan:
    """Variance components to plan with, the seeds' at their upper limit."""

    def __init__(self, layout: Crossed) -> None:
        from scipy.special import chdtri

        self.layout = layout
        df = layout.seeds - 1
        upper = layout.seed_variance * df / float(chdtri(df, UPPER_LIMIT))  # chdtri inverts the upper tail
        self.rest = layout.rest_variance
        self.seed = max(0.0, upper - self.rest / layout.images)
        self.image = max(0.0, layout.image_variance - self.rest / layout.seeds)

    def power(self, seeds: float, images: float, difference: float, level: float) -> float:
        """Probability that the interval lies above zero when the true difference is `difference`."""
        from scipy.special import nctdtr, stdtrit

        planned = replace(
            self.layout,
            seeds=seeds,
            images=images,
            seed_variance=self.seed + self.rest / images,
            image_variance=self.image + self.rest / seeds,
        )
        squared, df = planned.squared_error()
        if squared == 0:
            return 1.0
        critical, shift = float(stdtrit(df, (1 + level) / 2)), difference / squared**0.5
        # Far out the noncentral t is left to its limit: numerical routines give up there.
        return 1.0 if shift > 10 * critical + 10 else 1 - float(nctdtr(df, shift, critical))


def _first(enough: Callable[[int], bool]) -> int:
    """The smallest whole number from 2 on that is enough, for a condition that stays true once it is."""
    high = 2
    while not enough(high):
        high *= 2
    low = high // 2  # not enough, or below 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
