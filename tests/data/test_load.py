import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from regimen.data.dataset import Dataset, Source
from regimen.data.load import load
from regimen.data.named import NAMED
from regimen.errors import DataError, OptionError


@pytest.mark.parametrize("name", NAMED)
def test_every_named_dataset_keeps_the_contract(name, published):
    data = load(name)
    assert data.name == name
    for part in (data.train, data.test):
        if part is not None:
            assert part.images.dtype == np.uint8
            assert part.images.ndim == 4
            assert part.labels.dtype == np.int64
            assert set(part.labels) == set(range(len(data.class_names)))
    assert load(name).fingerprint == data.fingerprint


def test_digits():
    data = load("digits")
    original = load_digits()
    assert data.train.images.shape == (1797, 8, 8, 1)
    assert data.train.images.max() == 255
    np.testing.assert_array_equal(data.train.images[..., 0], np.round(original.images * 255 / 16))
    np.testing.assert_array_equal(data.train.labels, original.target)
    assert data.class_names == tuple("0123456789")
    assert data.test is None


def test_digits_in_colour():
    assert load("digits", channels=3).train.images.shape == (1797, 8, 8, 3)


def test_arrays_are_not_resized():
    with pytest.raises(DataError, match="digits: its images are 8x8 but 32x32 is needed"):
        load("digits", image_size=32)


def test_a_path_object_is_never_a_name(tmp_path, photos, monkeypatch):
    photos.rename(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert len(load("digits").class_names) == 10
    assert load("./digits").class_names == ("cat", "dog")
    assert load(Path("digits")).class_names == ("cat", "dog")


def test_home_is_expanded(tmp_path, photos, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load("~/photos").class_names == ("cat", "dog")


def test_a_dataset_knows_where_it_was_loaded_from(tmp_path, photos, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load("digits").source == Source("digits")
    found = load("photos", image_size=8)
    assert found.source == Source(str(tmp_path / "photos"), (8, 8))
    assert found.fingerprint == load("photos", image_size=(8, 8)).fingerprint
    assert load("photos", channels=1).source is None  # a study file has no word for the colour
    assert found.fitted_to(4, 4, None).source is None
    assert Dataset.from_arrays(found.train.images, found.train.labels).source is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("digitz", "no file or folder 'digitz', and no dataset of that name. Did you mean 'digits'?"),
        ("zebra", "no dataset of that name. Known: cifar10, cifar100, digits"),
        ("there/is/none", "there/is/none does not exist. Check the path"),
        ("none.zip", "none.zip does not exist"),
        (
            "file.txt",
            "file.txt is not a dataset; expected a folder, a .zip or .npz file, or a name. Known names: cifar10",
        ),
        ("empty", "empty: no images found; it is empty"),
    ],
)
def test_unusable_sources_are_refused(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        load(source)


@pytest.mark.parametrize("image_size", [0, -1, 5000, (1, 2, 3), (8, 0), (8.0, 8.0), (), "big", 2.5, True])
def test_impossible_sizes_are_refused(image_size):
    with pytest.raises(OptionError, match=r"image_size is .*; expected one or two whole numbers of pixels"):
        load("digits", image_size=image_size)


@pytest.mark.parametrize("channels", [0, 2, 4, "RGB"])
def test_impossible_channels_are_refused(channels):
    with pytest.raises(OptionError, match=r"channels is .*; expected 1"):
        load("digits", channels=channels)


def test_importing_loads_nothing_heavy():
    heavy = {"torch", "keras", "sklearn", "scipy", "pandas", "matplotlib", "pooch", "requests"}
    code = f"import sys, regimen.data; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
