"""Calibration: whether a model is right as often as it says it is."""

from dataclasses import dataclass

import numpy as np

from regimen.analysis.predictions import ArmPredictions
from regimen.analysis.shares import mean_interval, share_interval

BINS = 15


@dataclass(frozen=True)
class Bin:
    """One point of the reliability curve; a bin without images is left out.

    Attributes:
        low: confidences in the bin are above this,
        high: and at most this.
        images: in the bin, mean per run.
        confidence: mean probability of the predicted class, over all runs.
        accuracy: share of them that are right, over all runs.
        accuracy_low: lower limit of its interval over seeds and images; None with one run.
        accuracy_high: upper limit.
    """

    low: float
    high: float
    images: float
    confidence: float
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None


@dataclass(frozen=True)
class Calibration:
    """How far the confidence of an arm's runs is from their accuracy; all numbers are fractions.

    Attributes:
        ece: expected calibration error, mean over runs.
        ece_low: lower limit of its interval over seeds, on these images; None with one run.
        ece_high: upper limit.
        ece_by_chance: what runs as confident, but perfectly calibrated, would show on so many images.
        ece_chance_limit: two standard deviations above that: what such a run hardly ever exceeds.
        per_seed: the error of each run.
        confidence: mean probability of the predicted class.
        accuracy: mean accuracy of the same runs; confidence above accuracy is overconfidence.
        difference: error minus the baseline's, over the seeds that both finished; None for the baseline, or without
            such a seed.
        difference_low: lower limit of its interval over seeds; None with one.
        difference_high: upper limit.
        bins: the reliability curve, by confidence.
    """

    ece: float
    ece_low: float | None
    ece_high: float | None
    ece_by_chance: float
    ece_chance_limit: float
    per_seed: tuple[float, ...]
    confidence: float
    accuracy: float
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    bins: tuple[Bin, ...]


def calibrate(
    arm: ArmPredictions, baseline: ArmPredictions | None, *, level: float = 0.95, bins: int = BINS
) -> Calibration:
    """The calibration of an arm's runs.

    ECE = Σ_b (n_b / N) · |accuracy_b − confidence_b| over bins of equal width, (0, 1/15] … (14/15, 1], per run; the
    reliability curve pools the runs. On few images it is too high, as accuracies in bins scatter: a calibrated model
    does not score 0. ``ece_by_chance`` says what it would score (normal approximation to the scatter in each bin),
    which is how much of the error may mean nothing; runs share their images, so more of them do not lower
    ``ece_chance_limit``. A corrected estimate would no longer be the number that others
    report; bins of equal mass scatter less but differ from seed to seed, so that no curve over seeds could be drawn.

    Args:
        arm: what its runs predict.
        baseline: the same of the baseline at the same kind of epoch; None for the baseline itself.
        level: confidence of the intervals, 0–1 exclusive.
        bins: their number.

    Source:
        Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017. Its bias: Roelofs et al.,
        "Mitigating bias in calibration error estimation", AISTATS 2022; the score of a calibrated model: Bröcker &
        Smith, "Increasing the reliability of reliability diagrams", Weather and Forecasting 22 (2007).
    """
    where = _bin(arm.confidence, bins)  # (n, N)
    errors = _errors(arm, bins)
    chance = np.array([_by_chance(run, index, bins) for run, index in _runs(arm, where)])  # (n, 2)
    low, high = mean_interval(errors, level)
    difference = difference_low = difference_high = None
    if baseline is not None:
        theirs = dict(zip(baseline.seeds, _errors(baseline, bins), strict=True))
        pairs = [error - theirs[seed] for seed, error in zip(arm.seeds, errors, strict=True) if seed in theirs]
        if pairs:
            difference = float(np.mean(pairs))
            difference_low, difference_high = mean_interval(np.array(pairs), level)
    return Calibration(
        ece=float(errors.mean()),
        ece_low=None if low is None else max(0.0, low),
        ece_high=high,
        ece_by_chance=float(chance[:, 0].mean()),
        ece_chance_limit=float((chance @ [1, 2]).mean()),
        per_seed=tuple(map(float, errors)),
        confidence=float(arm.confidence.mean(dtype=np.float64)),
        accuracy=float(arm.correct.mean()),
        difference=difference,
        difference_low=difference_low,
        difference_high=difference_high,
        bins=tuple(_point(arm, where == index, index, bins, level) for index in np.unique(where)),
    )


def _bin(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Index of each confidence's bin, which holds its upper edge."""
    return np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(np.int64) - 1, 0, bins - 1)


def _errors(arm: ArmPredictions, bins: int) -> np.ndarray:
    """float64 (n,): the expected calibration error of each run."""
    surplus = arm.confidence.astype(np.float64) - arm.correct  # (n, N)
    where = _bin(arm.confidence, bins)
    sums = [np.bincount(index, weights=row, minlength=bins) for row, index in zip(surplus, where, strict=True)]
    return np.abs(sums).sum(axis=1) / surplus.shape[1]


def _runs(arm: ArmPredictions, where: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(arm.confidence.astype(np.float64), where, strict=True))


def _by_chance(confidence: np.ndarray, where: np.ndarray, bins: int) -> tuple[float, float]:
    """Mean and standard deviation of the error of a run that is right with the probability that is its confidence."""
    variances = np.maximum(np.bincount(where, weights=confidence * (1 - confidence), minlength=bins), 0)
    # A normal variable's distance from its mean has the mean sqrt(2/pi) and the variance 1 - 2/pi, in its own units.
    mean, squared = np.sqrt(2 / np.pi * variances).sum(), (1 - 2 / np.pi) * variances.sum()
    return float(mean / len(confidence)), float(squared**0.5 / len(confidence))


def _point(arm: ArmPredictions, inside: np.ndarray, index: int, bins: int, level: float) -> Bin:
    low, high = share_interval(arm.correct, inside, level)
    return Bin(
        low=float(index / bins),
        high=float((index + 1) / bins),
        images=float(inside.sum() / len(inside)),
        confidence=float(arm.confidence[inside].mean(dtype=np.float64)),
        accuracy=float(arm.correct[inside].mean()),
        accuracy_low=low,
        accuracy_high=high,
    )
