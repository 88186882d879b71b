"""Datasets that are known by name."""

from collections.abc import Callable

import numpy as np

from regimen.data.dataset import Dataset


def load_digits() -> Dataset:
    """1,797 handwritten digits, 8x8, grey: the test part of a UCI dataset, shipped with scikit-learn.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998. Values 0..16 are brought to 0..255.
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return Dataset.from_arrays(images, digits.target, class_names=[str(i) for i in range(10)], name="digits")


NAMED: dict[str, Callable[[], Dataset]] = {"digits": load_digits}
