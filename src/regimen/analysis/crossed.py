"""The variance of a mean over seeds × images, where both are samples.

A value x[s, i] of seed s on validation image i is modelled as mean + seed + image + rest, all three random. Its grand
mean then varies because other seeds *and* other images could have been drawn; an interval over seeds alone claims
more than the validation part can carry.
"""

from dataclasses import dataclass

import numpy as np


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
    """

    mean: float
    seeds: float
    images: float
    seed_variance: float
    image_variance: float
    rest_variance: float

    def squared_error(self) -> tuple[float, float]:
        """The squared standard error of the mean, and its degrees of freedom.

        SE² = max(S²_seed/n, S²_image/N, S²_seed/n + S²_image/N − S²_rest/(nN)): the sum counts the rest twice,
        so one is taken off; the maximum keeps an unlucky S²_rest from pushing SE² below either source alone.

        Satterthwaite's degrees of freedom for a sum of mean squares a_k·MS_k are (Σ a_k·MS_k)² / Σ (a_k·MS_k)²/df_k;
        the term that is subtracted can push them below those of the smaller source, so they are never taken under
        n−1 (N−1 where there are fewer images than seeds). Where one source alone is the maximum they are its own.

        Returns:
            SE² ≥ 0, and the degrees of freedom > 0.

        Source:
            Cornfield & Tukey, "Average values of mean squares in factorials", Ann. Math. Statist. 27 (1956) for
            the expectations; Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007) for crossed random
            effects in data like these; Satterthwaite, "An approximate distribution of estimates of variance
            components", Biometrics Bulletin 2 (1946). The maximum and the lower limit are ours.
        """
        seed_df, image_df = self.seeds - 1, self.images - 1
        seed = self.seed_variance / self.seeds
        image = self.image_variance / self.images
        rest = self.rest_variance / (self.seeds * self.images)
        both = seed + image - rest
        if both < max(seed, image):
            return (seed, seed_df) if seed >= image else (image, image_df)
        least = min(seed_df, image_df)
        spread = seed**2 / seed_df + image**2 / image_df + rest**2 / (seed_df * image_df)
        return both, max(least, both**2 / spread) if spread > 0 else least

    def interval(self, level: float) -> tuple[float, float, float, float]:
        """Student's interval for the mean.

        Args:
            level: confidence, 0–1 exclusive.

        Returns:
            Lower limit, upper limit, standard error, degrees of freedom.
        """
        from scipy.special import stdtrit

        squared, df = self.squared_error()
        error = squared**0.5
        reach = float(stdtrit(df, (1 + level) / 2)) * error
        return self.mean - reach, self.mean + reach, error, df


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
    return Crossed(
        mean=float(mean),
        seeds=n,
        images=count,
        seed_variance=float(by_seed.var(ddof=1)),
        image_variance=float(by_image.var(ddof=1)),
        rest_variance=float(np.vdot(rest, rest)) / ((n - 1) * (count - 1)),
    )
