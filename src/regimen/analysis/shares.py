"""Intervals of shares and of their differences, over seeds and images, that hold for few images too.

A class may have ten validation images, all of them right with every seed; an interval from their variance would then
have no width. Pseudo-images, the same for every seed, stand for the images that were not drawn.
"""

import numpy as np

from regimen.analysis.crossed import Crossed, crossed

Limits = tuple[float, float] | tuple[None, None]


def share_interval(hits: np.ndarray, among: np.ndarray, level: float) -> Limits:
    """The interval of a share: hits among the cells that count.

    Two pseudo-images that are hit and two that are not are added. The rest is the variance of a ratio, linearized,
    where seeds and images are crossed.

    Args:
        hits: bool (n_seeds, N_images).
        among: bool, the same shape: which cells count. All of them for the accuracy of a class; for a bin of a
            reliability curve, those whose confidence falls into it.
        level: confidence, 0–1 exclusive.

    Returns:
        The limits, around Σ hits / Σ among; (None, None) with one seed, or where nothing counts.

    Source:
        Pseudo-images: Agresti & Coull, "Approximate is better than 'exact'", Am. Stat. 52 (1998). Ratio: Cochran,
        "Sampling Techniques" (1977), ch. 6. Crossed: see ``Crossed.squared_error``, of which it is the value when all
        cells count.
    """
    seeds = len(hits)
    if seeds < 2 or not among.any():
        return None, None
    share = hits[among].mean()
    used = among.any(axis=0)
    pseudo = np.broadcast_to([1.0, 1.0, 0.0, 0.0], (seeds, 4))
    weights = np.hstack([among[:, used], np.ones((seeds, 4))])  # (n, m)
    values = np.hstack([hits[:, used], pseudo]) * weights
    total, images = weights.sum(), weights.shape[1]
    residuals = values - weights * (values.sum() / total)
    by_image = residuals.sum(axis=0) / weights.sum(axis=0)  # (m,)
    rest = residuals - weights * by_image
    layout = Crossed(
        mean=float(values.sum() / total),
        seeds=seeds,
        images=images,
        seed_variance=seeds * _squares(residuals.sum(axis=1)) / total**2 * seeds / (seeds - 1),
        image_variance=images * _squares(residuals.sum(axis=0)) / total**2 * images / (images - 1),
        rest_variance=seeds * images * _squares(rest) / total**2 * seeds / (seeds - 1),
    )
    low, high, _ = layout.interval(level)
    return float(max(0.0, min(low, share))), float(min(1.0, max(high, share)))


def difference_interval(arm: np.ndarray, baseline: np.ndarray, level: float) -> Limits:
    """The interval of a difference of accuracies on few images, over paired seeds.

    One pseudo-image that every seed gains and one that every seed loses are added.

    Args:
        arm: bool (n_seeds, N_images), correct or not.
        baseline: the same of the baseline, rows paired by seed.
        level: confidence, 0–1 exclusive.

    Returns:
        The limits; (None, None) with one seed or no image.

    Source:
        Bonett & Price, "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
        data", J. Educ. Behav. Stat. 37 (2012), there for one pair of raters; with seeds: ``Crossed.squared_error``.
    """
    seeds, images = arm.shape
    if seeds < 2 or not images:
        return None, None
    differences = arm.astype(np.float64) - baseline
    pseudo = np.broadcast_to([1.0, -1.0], (seeds, 2))
    low, high, _ = crossed(np.hstack([differences, pseudo])).interval(level)
    mean = differences.mean()
    return float(max(-1.0, min(low, mean))), float(min(1.0, max(high, mean)))


def mean_interval(values: np.ndarray, level: float) -> Limits:
    """Student's interval of a mean over seeds; (None, None) with one.

    Args:
        values: float (n_seeds,).
        level: confidence, 0–1 exclusive.
    """
    from scipy.special import stdtrit

    if len(values) < 2:
        return None, None
    reach = stdtrit(len(values) - 1, (1 + level) / 2) * np.std(values, ddof=1) / len(values) ** 0.5
    mean = np.mean(values)
    return float(mean - reach), float(mean + reach)


def _squares(values: np.ndarray) -> float:
    return float(np.vdot(values, values))
