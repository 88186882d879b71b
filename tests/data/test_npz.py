import numpy as np
import pytest

from regimen.data.load import load
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


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "labels": Y}, "data.npz holds a, labels; expected one of these pairs: x_train, y_train;"),
        ({}, "holds nothing"),
        ({"x": X, "y": Y, "x_test": X}, "has only one of x_test and y_test"),
        ({"x": np.array([None, {}]), "y": Y}, "array x holds Python objects, and reading these could run foreign code"),
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
