import gzip
import struct

import numpy as np
import pytest

from regimen.data.load import load
from regimen.errors import DataError

X = np.random.default_rng(0).integers(0, 256, (6, 4, 5), dtype=np.uint8)
Y = np.array([7, 1, 2, 7, 1, 2], np.uint8)


def write(file, array, packed=False):
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    file.write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("separator", "-.")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("images", [X, np.stack([X, X, X], axis=-1)], ids=["grey", "RGB"])
def test_pairs_of_files(tmp_path, separator, packed, images):
    for part, n in (("train", 6), ("t10k", 3)):
        gz = ".gz" if packed else ""
        write(tmp_path / f"{part}-images{separator}idx{images.ndim}-ubyte{gz}", images[:n], packed)
        write(tmp_path / f"{part}-labels{separator}idx1-ubyte{gz}", Y[:n], packed)
    data = load(tmp_path)
    np.testing.assert_array_equal(data.train.images, images.reshape(6, 4, 5, -1))
    np.testing.assert_array_equal(data.test.images, images[:3].reshape(3, 4, 5, -1))
    assert data.train.labels.tolist() == [2, 0, 1, 2, 0, 1]
    assert data.class_names == ("1", "2", "7")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "train-images-idx3-ubyte", X)
    write(tmp_path / "train-labels-idx1-ubyte", Y)
    return tmp_path


def test_without_a_test_part(folder):
    assert load(folder).test is None


def test_unpacked_files_come_before_packed_ones(folder):
    (folder / "train-images-idx3-ubyte.gz").write_text("hello")
    assert len(load(folder).train.labels) == 6


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_half_a_pair_is_refused(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(DataError, match=r"holds train-.*; expected train-images and train-labels"):
        load(folder)


def test_test_images_without_labels_are_refused(folder):
    write(folder / "t10k-images-idx3-ubyte", X)
    with pytest.raises(DataError, match="both or none of t10k-images"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-images-idx3-ubyte", lambda c: c[:-1], r"has 135 bytes, expected 136"),
        ("train-images-idx3-ubyte", lambda c: c + b"\0", r"has 137 bytes, expected 136"),
        ("train-images-idx3-ubyte", lambda c: c[:7], r"has 7 bytes, expected 16"),
        ("train-images-idx3-ubyte", lambda c: b"", "first bytes are missing"),
        ("train-images-idx3-ubyte", lambda c: b"\0\0\x0d\3" + c[4:], "first bytes are 00 00 0d 03"),
        ("train-labels-idx1-ubyte", lambda c: b"\0\0\x08\2" + c[4:], "unsigned bytes in 1 dimensions"),
        ("train-labels-idx1-ubyte", lambda c: b"<html>", "does not begin like an IDX file"),
    ],
)
def test_damaged_files_are_refused(folder, name, change, message):
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(DataError, match=message):
        load(folder)


@pytest.mark.parametrize("keep", [-5, 12, 0])
def test_damaged_packed_files_are_refused(folder, keep):
    packed = gzip.compress((folder / "train-images-idx3-ubyte").read_bytes())
    (folder / "train-images-idx3-ubyte").unlink()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(packed[:keep] or b"hello")
    with pytest.raises(DataError, match="cannot be read"):
        load(folder)
