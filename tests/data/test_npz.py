from dataclasses import replace

import numpy as np
import pytest

from regimen.data.dataset import Dataset
from regimen.data.load import load
from regimen.data.npz import save_npz
from regimen.errors import DataError

X = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)
Y = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("x", "y", "x_test", "y_test"),
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("x", "y", "x_test", "y_test"),
        ("images", "labels", "test_images", "test_labels"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_usual_names(tmp_path, x, y, x_test, y_test):
    np.savez_compressed(tmp_path / "data.npz", **{x: X, y: Y, x_test: X[:2], y_test: Y[:2]})
    np.savez(tmp_path / "train.npz", **{x: X, y: Y})
    data = load(tmp_path / "data.npz")
    np.testing.assert_array_equal(data.train.images, X)
    np.testing.assert_array_equal(data.test.images, X[:2])
    assert data.train.labels.tolist() == Y.tolist()
    assert data.name == "data"
    assert load(tmp_path / "train.npz").test is None


def test_class_names(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y, class_names=["a", "b", "c"])
    assert load(tmp_path / "data.npz").class_names == ("a", "b", "c")


def test_validation_positions(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=Y, validation_positions=np.array([5, 3, 4], np.uint8))
    given = load(tmp_path / "data.npz").given_validation
    assert (given.tolist(), given.dtype) == ([3, 4, 5], np.int64)
    np.savez(tmp_path / "plain.npz", x=X, y=Y)
    assert load(tmp_path / "plain.npz").given_validation is None


@pytest.mark.parametrize("test", [None, 2])
@pytest.mark.parametrize("given", [None, [0, 4]])
def test_what_is_saved_is_loaded(test, given, tmp_path):
    data = Dataset.from_arrays(X, Y, X[:test], Y[:test], class_names=["b", "ä", "a\tc"])
    data = replace(data if test else data.without_test(), given_validation=None if given is None else np.array(given))
    save_npz(data, tmp_path / "data.npz")
    again = load(tmp_path / "data.npz")
    assert (again.fingerprint, again.class_names) == (data.fingerprint, data.class_names)
    assert (given or None) == (None if again.given_validation is None else again.given_validation.tolist())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "labels": Y}, "data.npz holds a, labels; expected one of these pairs: x_train, y_train;"),
        ({}, "holds nothing"),
        ({"x": X, "y": Y, "x_test": X}, "has only one of x_test and y_test"),
        ({"x": np.array([None, {}]), "y": Y}, "array x holds Python objects, and reading these could run foreign code"),
        ({"x": X, "y": Y, "validation_positions": X}, r"validation_positions has shape \(6, 4, 4, 3\) and dtype uint8"),
        ({"x": X, "y": Y, "validation_positions": [0, 6]}, "expected positions of images, whole numbers from 0 to 5"),
        ({"x": X, "y": Y, "validation_positions": [-1]}, "expected positions"),
        ({"x": X, "y": Y, "validation_positions": [0.5]}, "expected positions"),
        ({"x": X, "y": Y, "validation_positions": np.zeros(0, int)}, "expected positions"),
        ({"x": X, "y": Y, "validation_positions": 3}, "expected positions"),
        ({"x": X, "y": Y[:3]}, r"data: training labels has shape \(3,\) but there are 6 images"),
    ],
)
def test_unusable_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "data.npz")


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_damaged_files_are_refused(tmp_path, content):
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    whole = (tmp_path / "data.npz").read_bytes()
    (tmp_path / "data.npz").write_bytes(whole[:-40] if content is None else content)
    with pytest.raises(DataError, match=r"cannot be read as \.npz"):
        load(tmp_path / "data.npz")


def test_a_single_array_is_refused(tmp_path):
    with open(tmp_path / "data.npz", "wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"cannot be read as \.npz"):
        load(tmp_path / "data.npz")
