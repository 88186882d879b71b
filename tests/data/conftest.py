from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch) -> Path:
    """An empty cache folder of this test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("REGIMEN_CACHE", str(folder))
    return folder


@pytest.fixture
def write_images(tmp_path) -> Callable[..., Path]:
    """Writes one small picture per given name below a folder, each of its own colour; returns the folder."""

    def write(*names: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", below: str = "photos") -> Path:
        folder = tmp_path / below
        for name in names:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            seed = sum(name.encode())
            pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).convert(mode).save(file)
        return folder

    return write


CLASSES = ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")


@pytest.fixture
def photos(write_images) -> Path:
    """Two classes of two 8x6 pictures."""
    return write_images(*CLASSES)
