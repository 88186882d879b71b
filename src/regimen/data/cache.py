"""The folder where decoded images are kept.

Requirements:
- an entry exists whole or not at all: it is filled in a scratch folder and renamed into place;
- two processes may fill the same entry at once: the first one wins, both succeed;
- an entry that cannot be read is made again, silently;
- what killed processes left behind is removed the next time something is written.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import platformdirs

from regimen.errors import DataError

SCRATCH = ".filling-"
SCRATCH_SECONDS = 24 * 3600  # older scratch folders belong to nobody

T = TypeVar("T")


def cache_folder() -> Path:
    """``$REGIMEN_CACHE``, else the user's cache folder as the platform defines it."""
    return Path(os.environ.get("REGIMEN_CACHE") or platformdirs.user_cache_dir("regimen")).expanduser().absolute()


def cached(key: str, read: Callable[[Path], T], fill: Callable[[Path], None]) -> T:
    """Reads an entry of the cache, filling it first if it is not there.

    Args:
        key: the entry's folder name; another content must have another key.
        read: opens the finished entry; raises DataError if it is absent or damaged.
        fill: writes the entry into an empty folder. Its DataErrors pass through; an OSError is taken as the cache's.

    Raises:
        DataError: if the cache cannot be written.
    """
    folder = cache_folder() / "datasets" / key
    for _ in range(3):  # more than once only if other processes repair the same entry at the same time
        with contextlib.suppress(DataError):
            return read(folder)
        try:
            _write(folder, fill)
        except OSError as error:
            raise DataError(
                f"The cache folder {folder.parent} cannot be written: {error.strerror or error}. Decoded images are "
                "kept there. Set the environment variable REGIMEN_CACHE to a folder with enough space."
            ) from error
    return read(folder)


def _write(folder: Path, fill: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder, Path(scratch, "damaged"))
        whole = Path(scratch, "whole")
        whole.mkdir()
        fill(whole)
        try:
            os.replace(whole, folder)
        except OSError:
            if not folder.exists():  # else another process was first, and its entry is as good
                raise


def _sweep(parent: Path) -> None:
    for scratch in parent.glob(SCRATCH + "*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - scratch.stat().st_mtime > SCRATCH_SECONDS:
                shutil.rmtree(scratch, ignore_errors=True)
