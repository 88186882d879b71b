"""CIFAR-10 and CIFAR-100 in their binary archives: records of bytes, no pickle.

A record is one label byte (CIFAR-100: two, the coarse label and the fine one) and 3,072 bytes of pixels: 32 rows of
32 in red, then in green, then in blue.

Source: A. Krizhevsky, "The CIFAR-10 dataset" and "The CIFAR-100 dataset", https://www.cs.toronto.edu/~kriz/cifar.html,
section "Binary version".
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from regimen.data.dataset import Dataset
from regimen.errors import DataError

SHAPE = (3, 32, 32)
TRAIN_10 = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
TEST_10 = "cifar-10-batches-bin/test_batch.bin"
NAMES_10 = "cifar-10-batches-bin/batches.meta.txt"
TRAIN_100 = ("cifar-100-binary/train.bin",)
TEST_100 = "cifar-100-binary/test.bin"
NAMES_100 = "cifar-100-binary/fine_label_names.txt"


def load_cifar10(archive: Path) -> Dataset:
    """Reads cifar-10-binary.tar.gz.

    Raises:
        DataError: if the archive is damaged, or a file in it is missing or has a wrong size.
    """
    return _load("cifar10", archive, TRAIN_10, TEST_10, NAMES_10, label_bytes=1)


def load_cifar100(archive: Path) -> Dataset:
    """Reads cifar-100-binary.tar.gz; the 100 fine labels.

    Raises:
        DataError: if the archive is damaged, or a file in it is missing or has a wrong size.
    """
    return _load("cifar100", archive, TRAIN_100, TEST_100, NAMES_100, label_bytes=2)


def _load(name: str, archive: Path, train: tuple[str, ...], test: str, names: str, label_bytes: int) -> Dataset:
    contents = _read(archive, {*train, test, names})
    parts = {member: _records(archive, member, contents[member], label_bytes) for member in (*train, test)}
    return Dataset.from_arrays(
        np.concatenate([parts[member][0] for member in train]),
        np.concatenate([parts[member][1] for member in train]),
        *parts[test],
        class_names=contents[names].decode("ascii", "replace").split(),
        name=name,
    )


def _read(archive: Path, members: set[str]) -> dict[str, bytes]:
    """The contents of these members, in one pass and in memory."""
    try:
        with tarfile.open(archive, "r|gz") as tar:
            contents = {one.name: tar.extractfile(one).read() for one in tar if one.name in members and one.isfile()}
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{archive} cannot be read ({error}). Delete it, and it is downloaded again.") from error
    if missing := members - contents.keys():
        raise DataError(f"{archive} lacks {', '.join(sorted(missing))}. Delete it, and it is downloaded again.")
    return contents


def _records(archive: Path, member: str, content: bytes, label_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 32, 32, 3) and labels uint8 (N,)."""
    size = label_bytes + int(np.prod(SHAPE))
    if not content or len(content) % size:
        raise DataError(
            f"{archive}: {member} has {len(content):,} bytes; expected a multiple of {size:,}, the size of a label and "
            "an image. Delete the archive, and it is downloaded again."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    images = records[:, label_bytes:].reshape(-1, *SHAPE).transpose(0, 2, 3, 1)  # (N, 32, 32, 3)
    return np.ascontiguousarray(images), records[:, label_bytes - 1]
