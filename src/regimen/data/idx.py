"""Datasets in IDX files: MNIST, Fashion-MNIST, EMNIST, KMNIST.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "File formats".
"""

import gzip
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from regimen.data.dataset import Dataset
from regimen.errors import DataError

# train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, …
FILE_NAME = re.compile(r"(train|t10k|test)-(images|labels)[-.]idx\d-ubyte(\.gz)?", re.IGNORECASE)
UNSIGNED_BYTE = 0x08
ARRAYS = (("train", "images"), ("train", "labels"), ("test", "images"), ("test", "labels"))


def has_idx_files(folder: Path) -> bool:
    """Whether a folder holds files with IDX names."""
    return any(FILE_NAME.fullmatch(file.name) for file in folder.iterdir())


def load_idx(folder: Path, class_names: Sequence[str] | None = None) -> Dataset:
    """Loads ``train-images…``, ``train-labels…`` and, where they exist, ``t10k-…``.

    Args:
        folder: holds the files, packed with gzip or not.
        class_names: label i means ``class_names[i]``; by default the labels as text.

    Raises:
        DataError: if one of a pair is missing or a file is damaged.
    """
    files = {}
    for file in sorted(folder.iterdir(), reverse=True):  # "…ubyte.gz" first, so that unpacked ones replace them
        if match := FILE_NAME.fullmatch(file.name):
            part = "train" if match[1].lower() == "train" else "test"
            files[part, match[2].lower()] = file
    if files.keys() not in (set(ARRAYS[:2]), set(ARRAYS)):
        found = ", ".join(sorted(file.name for file in files.values()))
        raise DataError(
            f"{folder} holds {found}; expected train-images and train-labels, and both or none of t10k-images and "
            "t10k-labels. Add what is missing."
        )
    arrays = [_read(files[key], (1,) if key[1] == "labels" else (3, 4)) for key in ARRAYS if key in files]
    return Dataset.from_arrays(*arrays, class_names=class_names, name=folder.resolve().name)


def _read(file: Path, dimensions: tuple[int, ...]) -> np.ndarray:
    opened = gzip.open if file.suffix.lower() == ".gz" else open
    try:
        with opened(file, "rb") as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file} cannot be read ({error}). Download it again.") from error
    if content[:4] not in [bytes([0, 0, UNSIGNED_BYTE, count]) for count in dimensions]:
        raise DataError(
            f"{file} does not begin like an IDX file of unsigned bytes in {' or '.join(map(str, dimensions))} "
            f"dimensions: its first bytes are {content[:4].hex(' ') or 'missing'}. Download it again."
        )
    start = 4 + 4 * content[3]
    shape = struct.unpack(f">{content[3]}I", content[4:start]) if len(content) >= start else ()
    expected = start + int(np.prod(shape, dtype=object)) if shape else start
    if len(content) != expected:
        raise DataError(f"{file} is damaged: it has {len(content):,} bytes, expected {expected:,}. Download it again.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
