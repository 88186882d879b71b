"""What docs/data.md says is so."""

import re
import zipfile
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PIL import Image

import regimen as rg
from regimen.data.cache import cache_folder
from regimen.data.download import downloads_folder
from regimen.data.named import NAMED
from regimen.data.releases import RELEASES

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()


def rows(first):
    """Cells of the table whose first column has this head, by the first cell."""
    table = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {key.strip("`"): rest for key, *rest in cells}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(2):
            pixels = rng.integers(0, 256, (80, 70, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for image in (tmp_path / "photos").rglob("*.png"):
            archive.write(image, image.relative_to(tmp_path))
    images, labels = np.zeros((4, 6, 6), np.uint8), np.array([0, 1, 0, 1], np.uint8)
    np.savez(tmp_path / "arrays.npz", x_train=images, y_train=labels)
    (tmp_path / "idx").mkdir()
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (tmp_path / "idx" / name).write_bytes(head + array.tobytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("source", [source for source in rows("source") if source not in NAMED])
def test_every_source_loads(source, folder):
    assert len(rg.load(source).train.labels) == 4


def test_python_runs_as_written(folder):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    x, y = np.zeros((4, 6, 6), np.uint8), [0, 1, 0, 1]
    names = {"x_train": x, "y_train": y, "x_test": x, "y_test": y}
    exec(code, names)
    assert names["data"].class_names == ("cat", "dog")
    assert names["photos"].train.images.shape == (4, 64, 64, 3)
    assert len(names["digits"].train.labels) == 1797


def test_names_sizes_and_addresses():
    described = rows("name")
    assert list(described) == sorted(NAMED)
    for name, release in RELEASES.items():
        _, _, download, address = described[name]
        assert download == f"{sum(file.size_bytes for file in release.files) / 1e6:.0f} MB"
        assert address == release.homes[0]


def test_the_cache_lies_where_it_says(monkeypatch, tmp_path):
    monkeypatch.setenv("REGIMEN_CACHE", str(tmp_path))
    archive = downloads_folder("cifar10") / RELEASES["cifar10"].files[0].name
    assert f"`{archive.relative_to(tmp_path).as_posix()}`" in rows("what")["downloaded files"][0]
    monkeypatch.delenv("REGIMEN_CACHE")
    assert cache_folder() == Path(platformdirs.user_cache_dir("regimen"))
