"""Class by class: how often each is recognized, what it is taken for, and where an arm differs from the baseline."""

from dataclasses import dataclass

import numpy as np

from regimen.analysis.predictions import ArmPredictions
from regimen.analysis.shares import difference_interval, share_interval


@dataclass(frozen=True)
class ClassAccuracy:
    """One class in one arm; accuracies and differences are fractions.

    Attributes:
        index: of the class.
        images: validation images of it; may be 0.
        accuracy: share that is recognized, mean over runs; NaN without images.
        low: lower limit of its interval over seeds and images; None with one run or without images.
        high: upper limit.
        difference: to the baseline over the seeds that both finished; None for the baseline, without such a seed or
            without images.
        difference_low: lower limit of its interval, which allows for all classes of all arms (Bonferroni); None with
            one such seed.
        difference_high: upper limit.
    """

    index: int
    images: int
    accuracy: float
    low: float | None
    high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None

    @property
    def gained(self) -> bool:
        """Whether the arm recognizes the class better than the baseline, beyond chance."""
        return self.difference_low is not None and self.difference_low > 0

    @property
    def lost(self) -> bool:
        """Whether it recognizes it less well, beyond chance."""
        return self.difference_high is not None and self.difference_high < 0


@dataclass(frozen=True)
class Confusion:
    """Images of one class taken for another.

    Attributes:
        true: index of their class.
        predicted: index of the class they are taken for.
        images: how many, mean per run.
        share: of the images of their class.
        baseline_images: how many with the baseline; None for the baseline itself, or if none of its runs finished.
    """

    true: int
    predicted: int
    images: float
    share: float
    baseline_images: float | None


def class_accuracies(
    arm: ArmPredictions, baseline: ArmPredictions | None, *, level: float = 0.95, arms: int = 1
) -> tuple[ClassAccuracy, ...]:
    """Every class, also those without validation images.

    Args:
        arm: what its runs predict.
        baseline: the same of the baseline at the same kind of epoch; None for the baseline itself.
        level: confidence of each accuracy's interval, and of all differences' intervals together.
        arms: how many are compared with the baseline.
    """
    present = np.unique(arm.labels).size
    shared = sorted(set(arm.seeds) & set(baseline.seeds)) if baseline is not None else []
    corrected = 1 - (1 - level) / (present * max(1, arms))
    mine = arm.correct[[arm.seeds.index(seed) for seed in shared]]
    theirs = baseline.correct[[baseline.seeds.index(seed) for seed in shared]] if shared else mine
    found = []
    for index in range(arm.classes):
        of_class = arm.labels == index
        images = int(of_class.sum())
        correct = arm.correct[:, of_class]
        low, high = share_interval(correct, np.ones_like(correct), level)
        difference = limits = None
        if shared and images:
            pair = mine[:, of_class], theirs[:, of_class]
            difference = float(pair[0].mean() - pair[1].mean())
            limits = difference_interval(*pair, corrected)
        accuracy = float(correct.mean()) if images else float("nan")
        found.append(ClassAccuracy(index, images, accuracy, low, high, difference, *(limits or (None, None))))
    return tuple(found)


def confusion_matrix(arm: ArmPredictions) -> np.ndarray:
    """float64 (K, K): images of class row taken for class column, mean over runs; rows sum to the class's images."""
    cells = arm.labels * arm.classes + arm.predicted  # (n, N)
    counts = np.bincount(cells.ravel(), minlength=arm.classes**2)
    return counts.reshape(arm.classes, arm.classes) / len(arm.seeds)


def confusions(matrix: np.ndarray, baseline: np.ndarray | None, limit: int) -> tuple[Confusion, ...]:
    """The pairs of classes that are confused most, the most images first; pairs never confused are left out.

    Args:
        matrix: of `confusion_matrix`.
        baseline: the baseline's; None for the baseline itself.
        limit: how many pairs.
    """
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return tuple(
        Confusion(
            true=int(true),
            predicted=int(predicted),
            images=float(wrong[true, predicted]),
            share=float(wrong[true, predicted] / matrix[true].sum()),
            baseline_images=None if baseline is None else float(baseline[true, predicted]),
        )
        for true, predicted in pairs
        if wrong[true, predicted]
    )
