"""How much the images of each class count in the training loss."""

from collections.abc import Sequence

import numpy as np


def weights_per_class(wanted: Sequence[float] | str, labels: np.ndarray, classes: int) -> np.ndarray:
    """One weight per class.

    Source: ``balanced`` is n / (k · count), as scikit-learn's ``compute_class_weight``, after King & Zeng (2001),
    Logistic regression in rare events data, Political Analysis 9; k is the number of classes that occur.

    Args:
        wanted: of the plan: one weight per class, or ``balanced``.
        labels: int64 (N,), of the training part.
        classes: how many there are.

    Returns:
        float32 (classes,); 1 for a class that does not occur.
    """
    if wanted != "balanced":
        return np.array(wanted, np.float32)
    counts = np.bincount(labels, minlength=classes)
    balanced = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return np.where(counts > 0, balanced, 1).astype(np.float32)
