"""What the runs of one arm predict for each validation image, small enough to hold for every arm at once.

A study of 10 arms, 20 seeds, 10,000 images and 100 classes stores 8 GB of probabilities; `gather` reads them run by run
and keeps, per run, the class and its probability, and, over runs, three numbers per image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class ArmPredictions:
    """The finished runs of an arm, at the epoch where it is judged.

    Attributes:
        labels: int64 (N,), the true classes.
        classes: their number K ≥ 2; not all need occur in ``labels``.
        seeds: of the n runs, ascending.
        predicted: int32 (n, N), the most probable class.
        confidence: float32 (n, N), its probability.
        true_probability: float64 (N,), of the true class, mean over runs.
        wrong_class: int64 (N,), among the wrong classes the one with the highest mean probability.
        wrong_probability: float64 (N,), that probability.
    """

    labels: np.ndarray
    classes: int
    seeds: tuple[int, ...]
    predicted: np.ndarray
    confidence: np.ndarray
    true_probability: np.ndarray
    wrong_class: np.ndarray
    wrong_probability: np.ndarray

    @cached_property
    def correct(self) -> np.ndarray:
        """bool (n, N)."""
        return self.predicted == self.labels

    @cached_property
    def wrong(self) -> np.ndarray:
        """int64 (N,): how many runs are wrong."""
        return (~self.correct).sum(axis=0)


def gather(runs: Iterable[tuple[int, np.ndarray]], labels: np.ndarray) -> ArmPredictions | None:
    """Reads the runs of an arm one after the other.

    Args:
        runs: (seed, float (N, K) probabilities), each run asked for once and then forgotten. Diverged runs have no
            probabilities worth the name and do not belong here.
        labels: int (N,), N ≥ 1.

    Returns:
        What they predict; None without a run.

    Raises:
        ValueError: probabilities that do not fit the labels or each other.
    """
    labels = np.asarray(labels, dtype=np.int64)
    seeds, predicted, confidence = [], [], []
    total = None  # (N, K)
    for seed, probabilities in runs:
        if probabilities.ndim != 2 or len(probabilities) != len(labels) or probabilities.shape[1] <= labels.max():
            raise ValueError(
                f"Expected probabilities of {len(labels)} images for at least {labels.max() + 1} classes; "
                f"received an array of shape {probabilities.shape}."
            )
        if total is None:
            total = np.zeros(probabilities.shape)
        elif total.shape != probabilities.shape:
            raise ValueError(f"Runs of one arm differ in shape: {total.shape} and {probabilities.shape}.")
        total += probabilities
        seeds.append(seed)
        predicted.append(probabilities.argmax(axis=1).astype(np.int32))
        confidence.append(probabilities.max(axis=1).astype(np.float32))
    if total is None:
        return None
    order, images = np.argsort(seeds), np.arange(len(labels))
    total /= len(seeds)
    true_probability = total[images, labels]
    total[images, labels] = -1.0  # so that the largest that is left is wrong
    wrong_class = total.argmax(axis=1)
    return ArmPredictions(
        labels=labels,
        classes=total.shape[1],
        seeds=tuple(int(seeds[index]) for index in order),
        predicted=np.array(predicted)[order],
        confidence=np.array(confidence)[order],
        true_probability=true_probability,
        wrong_class=wrong_class,
        wrong_probability=total[images, wrong_class],
    )
