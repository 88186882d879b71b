"""Datasets that are known by name."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from regimen.data.cache import cached
from regimen.data.cifar import load_cifar10, load_cifar100
from regimen.data.dataset import Dataset, open_mapped
from regimen.data.download import download
from regimen.data.idx import load_idx
from regimen.data.progress import Progress
from regimen.data.releases import RELEASES

GARMENTS = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def digits(progress: Progress | None = None) -> Dataset:
    """1,797 handwritten digits, 8x8, grey: the test part of a UCI dataset, shipped with scikit-learn.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998. Values 0..16 are brought to 0..255.
    """
    from sklearn import datasets

    found = datasets.load_digits()
    images = np.rint(found.images * (255 / 16)).astype(np.uint8)
    return Dataset.from_arrays(images, found.target, class_names=[str(i) for i in range(10)], name="digits")


def mnist(progress: Progress | None = None) -> Dataset:
    """60,000 + 10,000 handwritten digits, 28x28, grey: a download of 12 MB.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition",
    Proceedings of the IEEE 86, 1998.
    """
    return _released("mnist", load_idx, progress)


def fashion_mnist(progress: Progress | None = None) -> Dataset:
    """60,000 + 10,000 articles of clothing in 10 classes, 28x28, grey: a download of 31 MB.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", arXiv:1708.07747, 2017.
    """
    return _released("fashion_mnist", lambda folder: load_idx(folder, GARMENTS), progress)


def cifar10(progress: Progress | None = None) -> Dataset:
    """50,000 + 10,000 photos of animals and vehicles in 10 classes, 32x32, RGB: a download of 170 MB.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto, 2009.
    """
    return _released("cifar10", lambda folder: load_cifar10(folder / RELEASES["cifar10"].files[0].name), progress)


def cifar100(progress: Progress | None = None) -> Dataset:
    """50,000 + 10,000 photos in 100 classes (the fine labels), 32x32, RGB: a download of 169 MB.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto, 2009.
    """
    return _released("cifar100", lambda folder: load_cifar100(folder / RELEASES["cifar100"].files[0].name), progress)


def _released(name: str, read: Callable[[Path], Dataset], progress: Progress | None) -> Dataset:
    """The dataset of a release: read once, from then on memory-mapped from the cache."""
    release = RELEASES[name]
    content = hashlib.sha256("".join(file.sha256 for file in release.files).encode()).hexdigest()

    def fill(folder: Path) -> None:
        read(download(name, release, progress)).write(folder)

    return cached(f"{name}-{content[:16]}", open_mapped, fill)


NAMED: dict[str, Callable[[Progress | None], Dataset]] = {
    "cifar10": cifar10,
    "cifar100": cifar100,
    "digits": digits,
    "fashion_mnist": fashion_mnist,
    "mnist": mnist,
}
