"""The variance of a mean over seeds × images, where both are samples.

A value x[s, i] of seed s on validation image i is modelled as mean + seed + image + rest, all three random. Its grand
mean then varies because other seeds *and* other images could have been drawn; an interval over seeds alone claims
more than the validation part can carry. What was tried, and how often each rule errs: ``docs/statistics.md``.
"""

from dataclasses import dataclass

import numpy as np

_LEAST = 1 / 4  # of the images' own part: half of their standard error
_EXPONENT = 1.5


@dataclass(frozen=True)
class Crossed:
    """Mean and mean squares of a two-way layout without replication.

    Attributes:
        mean: grand mean.
        seeds: number of seeds, n ≥ 2 (a float when a layout is planned, possibly infinite).
        images: number of images, N ≥ 2.
        seed_variance: variance of the n seed means; expectation σ²_seed + σ²_rest/N.
        image_variance: variance of the N image means; expectation σ²_image + σ²_rest/n.
        rest_variance: residual mean square with (n−1)(N−1) degrees of freedom; expectation σ²_rest.
        image_error: standard error of image_variance − rest_variance/n, the estimate of σ²_image; 0 where it is taken
            as known.
    """

    mean: float
    seeds: float
    images: float
    seed_variance: float
    image_variance: float
    rest_variance: float
    image_error: float = 0.0

    def squared_error(self) -> float:
        """The squared standard error of the mean.

        SE² = S²_seed/n + S²_image/N − S²_rest/(nN): both sources count the rest, so it is taken off once. It is never
        less than a quarter of S²_image/N: two or three seeds can agree by chance, down to the last image, and then
        say nothing of how far other seeds would have been.

        Source:
            Cornfield & Tukey, "Average values of mean squares in factorials", Ann. Math. Statist. 27 (1956) for
            the expectations; Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007) for crossed random
            effects in data like these. The lower limit is ours.
        """
        seed, image, rest = self._parts()
        return max(seed + image - rest, _LEAST * image)

    def quantile(self, level: float) -> float:
        """How many standard errors the interval reaches to each side.

        With one source of variation alone it is Student's quantile t with its degrees of freedom. With several,
        q² = z² + Σ w^1.5·(t² − z²) over the sources, z the normal quantile and w the share of the source in SE².
        With w¹ this is Banerjee's interval, which never covers too little but too much, by 1.5 points of 95 at 5
        seeds; with w² it agrees with Welch's series and with Satterthwaite's degrees of freedom to first order in
        1/df, and like the latter it covers too little at 2 or 3 seeds: seeds that are alike by chance are taken for
        a small share, just when their t would be needed. Between them, coverage is right within a point from 5 seeds
        on, and false calls at 3 seeds stay near their rate.

        Args:
            level: confidence, 0–1 exclusive.

        Source:
            Banerjee, "Approximate confidence interval for linear functions of means of k populations when the
            population variances are not equal", Sankhyā 22 (1960); Welch, "The generalization of Student's problem
            when several different population variances are involved", Biometrika 34 (1947); Satterthwaite, "An
            approximate distribution of estimates of variance components", Biometrics Bulletin 2 (1946). The exponent
            between theirs is ours, and simulated.
        """
        from scipy.special import ndtri, stdtrit

        squared, normal = self.squared_error(), float(ndtri((1 + level) / 2)) ** 2
        if squared == 0:
            return normal**0.5
        seed_df, image_df = self.seeds - 1, self.images - 1
        found = normal
        for part, df in zip(self._parts(), (seed_df, image_df, seed_df * image_df), strict=True):
            share = min(1.0, part / squared)
            found += share**_EXPONENT * (float(stdtrit(df, (1 + level) / 2)) ** 2 - normal)
        return found**0.5

    def degrees_of_freedom(self) -> float:
        """Satterthwaite's, of the squared standard error: how well it is known. Planning uses them."""
        seed, image, rest = self._parts()
        seed_df, image_df = self.seeds - 1, self.images - 1
        spread = seed**2 / seed_df + image**2 / image_df + rest**2 / (seed_df * image_df)
        return self.squared_error() ** 2 / spread if spread > 0 else min(seed_df, image_df)

    def interval(self, level: float) -> tuple[float, float, float]:
        """The interval for the mean.

        Args:
            level: confidence, 0–1 exclusive.

        Returns:
            Lower limit, upper limit, standard error.
        """
        error = self.squared_error() ** 0.5
        reach = self.quantile(level) * error
        return self.mean - reach, self.mean + reach, error

    def _parts(self) -> tuple[float, float, float]:
        """Seeds, images and rest, as squared errors of the mean."""
        return (
            self.seed_variance / self.seeds,
            self.image_variance / self.images,
            self.rest_variance / (self.seeds * self.images),
        )


def crossed(values: np.ndarray) -> Crossed:
    """Splits the variation of values into seeds, images and the rest.

    Args:
        values: float (n_seeds ≥ 2, N_images ≥ 2), finite.

    Returns:
        The mean squares.
    """
    n, count = values.shape
    by_seed = values.mean(axis=1)  # (n,)
    by_image = values.mean(axis=0)  # (N,)
    mean = by_seed.mean()
    # The residuals themselves, not a difference of sums of squares: exact zeros stay zeros to rounding.
    rest = values - by_image
    rest -= (by_seed - mean)[:, None]
    image = (by_image - mean) ** 2 - values.var(axis=0, ddof=1) / n  # (N,), each an estimate of σ²_image
    return Crossed(
        mean=float(mean),
        seeds=n,
        images=count,
        seed_variance=float(by_seed.var(ddof=1)),
        image_variance=float(by_image.var(ddof=1)),
        rest_variance=float(np.vdot(rest, rest)) / ((n - 1) * (count - 1)),
        image_error=float(image.std(ddof=1)) / count**0.5,
    )


def accuracy_interval(correct: np.ndarray, level: float) -> tuple[float | None, float | None]:
    """The interval of a mean accuracy over seeds and images, within 0–1.

    Args:
        correct: float (n_seeds, N_images), correctness of each run on each image.
        level: confidence, 0–1 exclusive.

    Returns:
        Lower and upper limit; None twice with fewer than two runs or images.
    """
    if correct.ndim != 2 or min(correct.shape) < 2:
        return None, None
    low, high, _ = crossed(correct).interval(level)
    return max(0.0, low), min(1.0, high)
