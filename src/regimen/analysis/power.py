"""How many seeds, or how many images, would have been enough."""

from collections.abc import Callable
from dataclasses import replace
from math import inf

from regimen.analysis.crossed import Crossed

POWER = 0.8
SEED_LIMIT = 0.8  # confidence of the upper limit of the SD over seeds
FEWEST_IMAGES = 3  # a difference of less says nothing of other images
IMAGE_LIMIT = 2.0  # standard errors to the upper limit of the part of the images, which no seeds make up for


def seeds_needed(layout: Crossed, difference: float, level: float) -> int | None:
    """The fewest seeds that detect a true difference with 80 % power on the images at hand.

    The SD over seeds, known from few, is taken at its 80 % upper confidence limit (chi-square), and never under what
    the rest alone makes of it. More seeds do not shrink the part of the images: where that is underestimated, the
    number named would never be enough, so it is taken two standard errors above its estimate, and differences of less
    than three validation images are not promised at all.

    Args:
        layout: the mean squares of the differences observed.
        difference: the true difference to detect, as a fraction, > 0.
        level: confidence of the interval that decides.

    Returns:
        At least 2, or None when no number of seeds would do.

    Source:
        Power of Student's test from the noncentral t distribution (Cohen 1988), here with Satterthwaite's degrees of
        freedom and ``Crossed.quantile``; upper confidence limit of the SD: Browne, Statistics in Medicine 14 (1995).
    """
    plan = _Plan(layout)
    if not plan.possible(layout.images, difference, level):
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
    return 2 * _first(lambda images: plan.possible(images, difference, level))


def detectable(layout: Crossed, level: float) -> float:
    """The smallest true difference that enough seeds detect with 80 % power on the images at hand.

    Args:
        layout: the mean squares of the differences observed.
        level: confidence of the interval that decides.

    Returns:
        A fraction above 0, rounded up to tenths of a point; at most 1.
    """
    plan, steps = _Plan(layout), 1000
    enough = _first(lambda step: step >= steps or plan.possible(layout.images, step / steps, level))
    return min(enough, steps) / steps


class _Plan:
    """Variance components to plan with, those of seeds and images at their upper limits."""

    def __init__(self, layout: Crossed) -> None:
        from scipy.special import chdtri

        df = layout.seeds - 1
        seed = layout.seed_variance * df / float(chdtri(df, SEED_LIMIT))  # chdtri inverts the upper tail
        self.layout = layout
        self.rest = layout.rest_variance
        self.seed = max(0.0, seed - self.rest / layout.images)
        self.image = max(0.0, layout.image_variance - self.rest / layout.seeds) + IMAGE_LIMIT * layout.image_error

    def possible(self, images: float, difference: float, level: float) -> bool:
        """Whether any number of seeds has the power to detect a difference on so many images."""
        counted = round(difference * images, 9)  # 0.29 · 100 is 28.999…
        return counted >= FEWEST_IMAGES and self.power(inf, images, difference, level) >= POWER

    def power(self, seeds: float, images: float, difference: float, level: float) -> float:
        """Probability that the interval lies above zero when the true difference is `difference`."""
        from scipy.special import nctdtr

        planned = replace(
            self.layout,
            seeds=seeds,
            images=images,
            seed_variance=self.seed + self.rest / images,
            image_variance=self.image + self.rest / seeds,
        )
        squared = planned.squared_error()
        if squared == 0:
            return 1.0
        critical, shift = planned.quantile(level), difference / squared**0.5
        # Far out the noncentral t is left to its limit: numerical routines give up there.
        far = shift > 10 * critical + 10
        return 1.0 if far else 1 - float(nctdtr(planned.degrees_of_freedom(), shift, critical))


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
