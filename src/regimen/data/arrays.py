"""Arrays from anywhere become uint8 images and int64 labels, or an error says why not.

Requirements:
- nothing is guessed: values whose meaning is unclear (-1..1, 0..4095, NaN, soft labels) are refused;
- float images are converted block by block, so that no second float copy of a large array is made.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from regimen.errors import DataError

BLOCK = 1024  # images at a time


def as_array(values: object, what: str) -> np.ndarray:
    """``np.asarray`` with the errors of this package; also takes lists and torch tensors."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{what} cannot be made into one array: {error}. Give every item the same shape.") from error
    if array.dtype == object and not all(isinstance(value, str) for value in array.flat):
        raise DataError(
            f"{what} is an array of Python objects, which usually means images or rows of different shapes. "
            "Give one numeric array in which every item has the same shape."
        )
    return array.astype(str) if array.dtype == object else array


def as_images(values: object, what: str, *, unit: bool | None = None) -> tuple[np.ndarray, bool | None]:
    """Checks images and converts them to uint8.

    Args:
        values: (N, H, W) or (N, H, W, C) with C 1 or 3; uint8, other integers in 0..255, floats in 0..1, or
            floats without fractions in 0..255. uint8 is taken as it is, without a copy.
        what: the name of the array in messages.
        unit: whether floats are in 0..1; None finds out. (A test part is read as its training part was.)

    Returns:
        The images, uint8 (N, H, W, C), and whether they were floats in 0..1 (None if they were not floats).

    Raises:
        DataError: for another shape, type or range.
    """
    array = _with_channels(as_array(values, what), what)
    if array.dtype == np.uint8:
        return array, None
    if array.dtype.kind not in "iuf":
        raise DataError(f"{what} has dtype {array.dtype}; expected uint8, or numbers in 0..1 or 0..255.")
    low, high, whole = _value_range(array, what)
    if array.dtype.kind == "f" and unit is None:
        unit = low >= 0 and high <= 1
    if not (low >= 0 and high <= (1 if unit else 255) and (unit or whole)):
        fractions = "" if whole else " with fractions"
        expected = "values in 0..1, as in training" if unit else "0..1 in floats, or whole numbers in 0..255"
        raise DataError(
            f"{what} has dtype {array.dtype} and values from {low:g} to {high:g}{fractions}; expected {expected}. "
            "Undo any standardization and pass the raw images: scaling is part of the study."
        )
    images = np.empty(array.shape, np.uint8)
    for rows in blocks(len(array)):
        images[rows] = np.rint(array[rows].astype(np.float32) * 255) if unit else array[rows]
    return images, unit


def as_label_values(values: object, count: int, what: str) -> np.ndarray:
    """Checks labels and makes them one-dimensional.

    Args:
        values: (N,), (N, 1) or one-hot (N, K); integers, floats without fractions, booleans or strings.
        count: N, the number of images.
        what: the name of the array in messages.

    Returns:
        (N,) int64 or strings.

    Raises:
        DataError: for another shape, number, or content.
    """
    array = as_array(values, what)
    if array.ndim == 0 or len(array) != count:
        raise DataError(f"{what} has shape {array.shape} but there are {count} images; expected one label per image.")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind not in "biufU":
        raise DataError(f"{what} has dtype {array.dtype}; expected whole numbers, strings or one-hot rows.")
    if array.ndim == 2:
        return _from_one_hot(array, what)
    if array.ndim != 1:
        raise DataError(f"{what} has shape {array.shape}; expected ({count},) or one-hot ({count}, classes).")
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise DataError(f"{what} holds NaN, infinity or fractions; expected whole class numbers.")
    return array if array.dtype.kind == "U" else array.astype(np.int64)


def number_classes(
    train: np.ndarray, test: np.ndarray | None, class_names: Sequence[str] | None, source: str
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Numbers the classes 0..K-1.

    With ``class_names`` integer labels are positions in it and strings are members of it. Without it the
    classes are the sorted values of the training labels, and their names are these values as text.

    Args:
        train: (N,) int64 or strings.
        test: (M,) or None.
        class_names: K names or None.
        source: the dataset's name in messages.

    Returns:
        Training labels int64 (N,), test labels int64 (M,) or None, and the K names.

    Raises:
        DataError: for fewer than two classes, a class without training images, or an unknown label.
    """
    if class_names is None:
        known = np.unique(train)
        names = tuple(str(value) for value in known)
    else:
        names = tuple(str(name) for name in class_names)
        if len(set(names)) != len(names):
            raise DataError(f"{source}: class_names holds a name twice: {quoted(names, 12)}. Make them differ.")
        known = np.array(names) if train.dtype.kind == "U" else np.arange(len(names))
    if len(names) < 2:
        raise DataError(f"{source}: there is one class only, {', '.join(names) or 'or none'}; expected two or more.")
    numbered = _positions(train, known, f"{source}: training labels")
    absent = [name for name, n in zip(names, np.bincount(numbered, minlength=len(names)), strict=True) if n == 0]
    if absent:
        raise DataError(
            f"{source}: no training image of {quoted(absent)}; every one of the {len(names)} classes needs some. "
            "Add images or leave the class out of class_names."
        )
    return numbered, None if test is None else _positions(test, known, f"{source}: test labels"), names


def with_colour(images: np.ndarray, channels: int) -> np.ndarray:
    """Grey to RGB by repetition, RGB to grey by ITU-R 601 luma in Pillow's integer arithmetic.

    Args:
        images: uint8 (N, H, W, C), C 1 or 3.
        channels: 1 or 3.

    Returns:
        uint8 (N, H, W, channels).

    Source: Pillow, ``libImaging/Convert.c``, macro ``L24`` (rounded, as in ``rgb2l``).
    """
    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=-1)
    grey = np.empty((*images.shape[:-1], 1), np.uint8)
    weights = np.array([19595, 38470, 7471], np.uint32)
    for rows in blocks(len(images)):
        grey[rows] = ((images[rows] @ weights + 0x8000) >> 16)[..., None]
    return grey


def blocks(count: int) -> Iterator[slice]:
    """Slices that cover ``range(count)``, at most ``BLOCK`` items each."""
    return (slice(start, start + BLOCK) for start in range(0, count, BLOCK))


def quoted(names: Sequence[str], most: int = 3) -> str:
    """The first few names in quotes, then how many more there are.

    >>> quoted(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c' and 2 more"
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(str(name)) for name in names[:most]) + more


def _with_channels(array: np.ndarray, what: str) -> np.ndarray:
    shape = array.shape
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim != 4:
        raise DataError(f"{what} has shape {shape}; expected (N, height, width) or (N, height, width, channels).")
    elif shape[-1] not in (1, 3):
        first = shape[1] in (1, 3)
        advice = "Put the channels last: np.moveaxis(x, 1, -1)." if first else "Convert to grey or RGB first."
        raise DataError(f"{what} has shape {shape}; expected 1 or 3 channels in the last place. {advice}")
    if 0 in shape:
        raise DataError(f"{what} has shape {shape}: it holds no pixels. Expected at least one image.")
    return array


def _value_range(array: np.ndarray, what: str) -> tuple[float, float, bool]:
    low, high, whole = np.inf, -np.inf, True
    for rows in blocks(len(array)):
        part = array[rows]
        low, high = min(low, part.min()), max(high, part.max())  # NaN is handled just below
        if array.dtype.kind == "f":
            if not np.isfinite(part).all():
                raise DataError(f"{what} holds NaN or infinity; expected finite numbers. Repair or drop these images.")
            whole = whole and bool((part == np.rint(part)).all())
    return float(low), float(high), whole


def _from_one_hot(array: np.ndarray, what: str) -> np.ndarray:
    if array.dtype.kind == "U" or not (((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()):
        raise DataError(
            f"{what} has shape {array.shape} but its rows are not one-hot (one 1, zeros elsewhere); "
            "expected one class per image. Soft or multiple labels are not supported."
        )
    return array.argmax(axis=1).astype(np.int64)


def _positions(values: np.ndarray, known: np.ndarray, what: str) -> np.ndarray:
    if (values.dtype.kind == "U") != (known.dtype.kind == "U"):
        raise DataError(f"{what} are not of the classes' kind: use strings for both, or numbers for both.")
    order = np.argsort(known)
    found = order[np.clip(np.searchsorted(known, values, sorter=order), 0, len(known) - 1)]
    unknown = np.unique(values[known[found] != values])
    if len(unknown):
        raise DataError(f"{what} hold unknown classes: {quoted(unknown)}. Known: {quoted(known, 12)}.")
    return found.astype(np.int64)
