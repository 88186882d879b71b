"""Datasets in a NumPy .npz file, such as Keras publishes."""

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from regimen.data.dataset import Dataset
from regimen.errors import DataError

# images, labels, test images, test labels
NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("x", "y", "x_test", "y_test"),
    ("images", "labels", "test_images", "test_labels"),
)


def load_npz(path: Path) -> Dataset:
    """Loads arrays by their usual names (`NAMES`), and ``class_names`` if there.

    ``validation_positions``, if there, says which of the images a study validates on.

    Raises:
        DataError: if the file is damaged, holds Python objects, or lacks these arrays.
    """
    try:
        with open(path, "rb") as opened:  # np.load(path) would leave a damaged file open
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("it holds one single array")
            return _from_arrays(path, file)
    except (OSError, EOFError, ValueError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} cannot be read as .npz ({error}). Write it again with numpy.savez.") from error


def save_npz(dataset: Dataset, path: Path) -> None:
    """Writes a dataset so that `load_npz` gives one of the same fingerprint, classes and validation part."""
    arrays = {"x_train": dataset.train.images, "y_train": dataset.train.labels, "class_names": dataset.class_names}
    if dataset.test is not None:
        arrays |= {"x_test": dataset.test.images, "y_test": dataset.test.labels}
    if dataset.given_validation is not None:
        arrays["validation_positions"] = dataset.given_validation
    np.savez(path, **arrays)


def _from_arrays(path: Path, file: np.lib.npyio.NpzFile) -> Dataset:
    for names in NAMES:
        if names[0] in file and names[1] in file:
            arrays = [_array(path, file, name) for name in names if name in file]
            if len(arrays) == 3:
                raise DataError(f"{path} has only one of {names[2]} and {names[3]}; expected both or none.")
            class_names = _array(path, file, "class_names").ravel().astype(str) if "class_names" in file else None
            dataset = Dataset.from_arrays(*arrays, class_names=class_names, name=path.stem)
            if "validation_positions" not in file:
                return dataset
            return replace(dataset, given_validation=_positions(path, file, len(dataset.train.labels)))
    expected = "; ".join(f"{images}, {labels}" for images, labels, _, _ in NAMES)
    raise DataError(f"{path} holds {', '.join(file.files) or 'nothing'}; expected one of these pairs: {expected}.")


def _positions(path: Path, file: np.lib.npyio.NpzFile, count: int) -> np.ndarray:
    given = _array(path, file, "validation_positions")
    if given.dtype.kind not in "iu" or given.ndim != 1 or not len(given) or given.min() < 0 or given.max() >= count:
        raise DataError(
            f"{path}: the array validation_positions has shape {given.shape} and dtype {given.dtype}; expected "
            f"positions of images, whole numbers from 0 to {count - 1}."
        )
    return np.unique(given).astype(np.int64)


def _array(path: Path, file: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    try:
        return file[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(
            f"{path}: array {name} holds Python objects, and reading these could run foreign code. Save one array of "
            "numbers (all images of one shape) or of strings."
        ) from error
