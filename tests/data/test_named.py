"""Named datasets from their first download to a study."""

import numpy as np
import pytest

from regimen.cli.main import run
from regimen.data.load import load
from regimen.data.named import NAMED
from regimen.data.releases import RELEASES
from regimen.errors import DataError
from regimen.study.planning import find_data


@pytest.mark.parametrize("name", RELEASES)
def test_pixels_labels_and_names(name, published, miniatures):
    data, expected = load(name), miniatures[name]
    np.testing.assert_array_equal(data.train.images, expected.images)
    np.testing.assert_array_equal(data.train.labels, expected.labels)
    np.testing.assert_array_equal(data.test.images, expected.test_images)
    np.testing.assert_array_equal(data.test.labels, expected.test_labels)
    assert data.class_names == expected.class_names


@pytest.mark.parametrize("name", RELEASES)
def test_a_second_load_asks_nobody(name, published, cache):
    first = load(name)
    asked = len(published.requests)
    assert asked == len(RELEASES[name].files)
    again = load(name)
    assert again.fingerprint == first.fingerprint
    assert isinstance(again.train.images, np.memmap)
    assert again.mapped().parent == cache / "datasets"
    for file in RELEASES[name].files:
        (cache / "downloads" / name / file.name).unlink()
    assert load(name).fingerprint == first.fingerprint
    assert len(published.requests) == asked


def test_a_damaged_entry_is_rebuilt_from_what_was_downloaded(published):
    data = load("mnist")
    (data.mapped() / "train_images.npy").write_bytes(b"")
    asked = len(published.requests)
    assert load("mnist").fingerprint == data.fingerprint
    assert len(published.requests) == asked


def test_another_release_is_another_entry(published, monkeypatch):
    load("mnist")
    fashion = RELEASES["fashion_mnist"]
    monkeypatch.setitem(RELEASES, "mnist", fashion)
    assert load("mnist").fingerprint == load("fashion_mnist").fingerprint


def test_progress_is_told(published):
    calls = []
    load("cifar10", progress=lambda *call: calls.append(call))
    done, total, what = calls[-1]
    assert done == total == RELEASES["cifar10"].files[0].size_bytes
    assert what == "Downloading cifar10 (0 MB)"


def test_a_study_gets_the_shape_its_model_wants(published):
    assert find_data("mnist", (None, None, 3)).train.images.shape[1:] == (28, 28, 3)
    with pytest.raises(DataError, match="cifar100: its images are 32x32 but 64x64 is needed"):
        find_data("cifar100", (64, 64, 3))


def test_a_failed_download_is_one_error_with_status_2(published, cache, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    published.troubles["/cifar10/cifar-10-binary.tar.gz"] = ["cut", "404"]
    assert run(["study", "cifar10"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said, error = err.splitlines()
    assert said == "Downloading cifar10 (0 MB) …"
    assert error.startswith("Error: cifar10: cifar-10-binary.tar.gz could not be downloaded.")
    assert "the server answers 404" in error
    assert str(cache / "downloads" / "cifar10") in error
    assert not (tmp_path / "studies").exists()


def test_releases_are_well_formed():
    assert set(RELEASES) == NAMED.keys() - {"digits"}
    for name, release in RELEASES.items():
        assert all(home.endswith("/") and home.startswith("http") for home in release.homes)
        assert len(release.homes) > 1
        assert all(len(file.sha256) == 64 and int(file.sha256, 16) for file in release.files)
        size = sum(file.size_bytes for file in release.files)
        assert f"{size / 1e6:.0f} MB" in NAMED[name].__doc__.splitlines()[0]
