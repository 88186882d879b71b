"""How a dataset's training images are divided into training and validation parts."""

import math
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from regimen.data.arrays import quoted
from regimen.data.dataset import Dataset
from regimen.errors import DataError, OptionError
from regimen.seeds import derive

DEFAULT_VALIDATION = 0.3


@dataclass(frozen=True, eq=False)
class Split:
    """Positions in ``dataset.train``, sorted, int64.

    Attributes:
        training: what models learn from.
        validation: what epochs, strengths and winners are selected on.
    """

    training: np.ndarray
    validation: np.ndarray


def split(
    dataset: Dataset,
    *,
    validation: float | int | None = 0.3,
    seed: int = 0,
    train_size: int | None = None,
    stratify: bool = True,
) -> Split:
    """Divides ``dataset.train``, each class in the same proportion unless told otherwise.

    Args:
        dataset: what to divide.
        validation: a fraction between 0 and 1 (rounded up to whole images), or a whole number of images. None takes
            the images that the source marked as validation, if any, else 0.3. A number divides all of ``train``
            anew, marked or not.
        seed: of the draw, 0 to 2**32 - 1.
        train_size: uses only so many images of ``train``, training and validation together, drawn with the same seed.
        stratify: whether each class is divided in the same proportion.

    Raises:
        OptionError: for numbers out of range.
        DataError: if a class would have no image in one of the parts.

    Source: scikit-learn, ``train_test_split``, with ``stratify=labels`` or without: equal to it for the same fraction
        and seed, except that floating-point error does not make 56 validation images of 0.55 * 100.
    """
    labels = dataset.train.labels
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise OptionError(f"The split seed is {seed!r}; expected a whole number from 0 to {2**32 - 1}.")
    used = np.arange(len(labels))
    if train_size is not None:
        used = _subsample(dataset, train_size, int(seed))
    if validation is None and dataset.given_validation is not None:
        parts = Split(np.setdiff1d(used, dataset.given_validation), np.intersect1d(used, dataset.given_validation))
    else:
        count = _validation_count(DEFAULT_VALIDATION if validation is None else validation, len(used))
        _check_room(dataset, used, count)
        parts = Split(*_divided(used, count, int(seed), labels if stratify else None))
    _check_every_class(dataset, parts)
    return parts


def other_split(dataset: Dataset, first: Split, *, seed: int = 0) -> Split:
    """Divides the images of a split anew: what is selected on one validation part can be confirmed on the other.

    Args:
        dataset: what `first` divides.
        first: the split to differ from.
        seed: of the draw, at least 0.

    Returns:
        A split of the same images with as many of each class in either part as before. It validates on images that the
        first one trains on; where a class has too few of them, the first one's validation images fill up.

    Source: Cawley & Talbot (2010), On over-fitting in model selection and subsequent selection bias in performance
        evaluation, JMLR 11.
    """
    labels, generator = dataset.train.labels, np.random.default_rng(derive(seed, "other split"))
    drawn = []
    for label in range(len(dataset.class_names)):
        training, validation = (part[labels[part] == label] for part in (first.training, first.validation))
        preferred = np.concatenate([generator.permutation(training), generator.permutation(validation)])
        drawn.append(preferred[: len(validation)])
    chosen = np.sort(np.concatenate(drawn))
    return Split(np.setdiff1d(np.concatenate([first.training, first.validation]), chosen), chosen)


def _subsample(dataset: Dataset, train_size: int, seed: int) -> np.ndarray:
    labels, classes = dataset.train.labels, len(dataset.class_names)
    total = len(labels)
    whole = isinstance(train_size, Integral) and not isinstance(train_size, bool)
    if not whole or not 2 * classes <= train_size <= total:
        raise OptionError(
            f"train_size is {train_size!r}; expected a whole number from {2 * classes} (two images per class) to "
            f"{total} (all training images)."
        )
    left_out = total - int(train_size)
    if left_out == 0:
        return np.arange(total)
    if left_out < classes:
        raise OptionError(
            f"train_size {train_size} leaves {left_out} images out, too few to take some of each of {classes} classes. "
            f"Use {total} or at most {total - classes}."
        )
    _check_counts(dataset, np.arange(total))
    kept, _ = _divided(np.arange(total), left_out, seed, labels)
    return kept


def _validation_count(validation: float | int, total: int) -> int:
    if isinstance(validation, Integral) and not isinstance(validation, bool) and 1 <= validation < total:
        return int(validation)
    if isinstance(validation, Real) and not isinstance(validation, Integral) and 0 < validation < 1:
        return math.ceil(float(validation) * total - 1e-9 * total)
    raise OptionError(
        f"validation is {validation!r}; expected a fraction between 0 and 1 (such as 0.3), or a whole number of "
        f"images from 1 to {total - 1}."
    )


def _check_room(dataset: Dataset, used: np.ndarray, count: int) -> None:
    classes = len(dataset.class_names)
    for part, size in (("validation", count), ("training", len(used) - count)):
        if size < classes:
            raise OptionError(
                f"{dataset.name}: the {part} part would have {size} of {len(used)} images, fewer than the {classes} "
                "classes. Change the validation fraction (--validation) or use more images."
            )
    _check_counts(dataset, used)


def _check_counts(dataset: Dataset, used: np.ndarray) -> None:
    counts = np.bincount(dataset.train.labels[used], minlength=len(dataset.class_names))
    scarce = [f"{dataset.class_names[i]} ({counts[i]})" for i in np.flatnonzero(counts < 2)]
    if scarce:
        raise DataError(
            f"{dataset.name}: fewer than two images of {quoted(scarce)} among {len(used)}; training and validation "
            "need one each. Add images, use more of them (--train-size), or remove the class."
        )


def _divided(used: np.ndarray, count: int, seed: int, labels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    classes = None if labels is None else labels[used]
    rest, drawn = train_test_split(used, test_size=count, random_state=seed, stratify=classes)
    return np.sort(rest), np.sort(drawn)


def _check_every_class(dataset: Dataset, parts: Split) -> None:
    counts = [
        np.bincount(dataset.train.labels[part], minlength=len(dataset.class_names))
        for part in (parts.training, parts.validation)
    ]
    for name, in_training, in_validation in zip(dataset.class_names, *counts, strict=True):
        if not in_training or not in_validation:
            raise DataError(
                f"{dataset.name}: class {name!r} would have {in_training} training and {in_validation} validation "
                "images; both parts need some. Change the validation fraction (--validation), add images, or remove "
                "the class."
            )
