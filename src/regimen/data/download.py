"""Published files, brought from the net into the cache.

Requirements:
- what stands under a file's own name is whole: it gets that name only once its SHA-256 is the published one;
- what arrived before a transfer broke off, or the process was killed, is kept apart and gone on with;
- a server that is gone, silent, or holds something else is passed over for the next; once all have failed they are
  asked again, twice, a little later;
- two processes at once download once: the second waits for the first.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from regimen.data.cache import cache_folder
from regimen.data.progress import Progress
from regimen.errors import DataError

TIMEOUTS_SECONDS = (10, 30)  # to connect; between two pieces
WAITS_SECONDS = (2, 10)  # before the addresses are asked for the second and the third time
PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class RemoteFile:
    """A file as it was published.

    Attributes:
        name: without folders.
        size_bytes: its length.
        sha256: of its content, 64 hex digits.
    """

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """Files that make up a dataset.

    Attributes:
        homes: addresses of folders that hold all the files, ending in "/"; tried in this order.
        files: the files.
    """

    homes: tuple[str, ...]
    files: tuple[RemoteFile, ...]


def download(name: str, release: Release, progress: Progress | None = None) -> Path:
    """Brings what is not there yet.

    Args:
        name: the dataset's.
        release: its files.
        progress: called with (bytes there, bytes in all, what is done) while a file arrives.

    Returns:
        The folder that holds the files, each of them checked.

    Raises:
        DataError: if a file cannot be had from any address; it says why for each of them.
        OSError: if the cache cannot be written.
    """
    folder = downloads_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    total_bytes = sum(file.size_bytes for file in release.files)
    what = f"Downloading {name} ({total_bytes / 1e6:.0f} MB)"
    done_bytes = 0

    def report(before_bytes: int, arrived_bytes: int) -> None:
        if progress:
            progress(before_bytes + arrived_bytes, total_bytes, what)

    with FileLock(folder / ".lock"):
        for file in release.files:
            if not _is_whole(folder / file.name, file):
                _fetch(name, folder, file, release.homes, partial(report, done_bytes))
            done_bytes += file.size_bytes
    return folder


def downloads_folder(name: str) -> Path:
    """Where a dataset's files are kept, and looked for before they are downloaded."""
    return cache_folder() / "downloads" / name


def _is_whole(path: Path, file: RemoteFile) -> bool:
    from pooch import file_hash

    return path.is_file() and path.stat().st_size == file.size_bytes and file_hash(str(path)) == file.sha256


def _fetch(name: str, folder: Path, file: RemoteFile, homes: tuple[str, ...], report: Callable[[int], None]) -> None:
    from requests.exceptions import RequestException

    target, part = folder / file.name, folder / f"{file.name}.part"
    failures = {str(target): "it is there, but not as it was published"} if target.exists() else {}
    addresses = [home + file.name for home in homes]
    for wait_seconds in (0, *WAITS_SECONDS):
        if addresses:
            time.sleep(wait_seconds)
        for address in tuple(addresses):
            try:
                _transfer(address, part, file.size_bytes, report)
            except RequestException as error:
                failures[address] = _reason(error, part)
                if _is_final(error):
                    addresses.remove(address)
                continue
            if _is_whole(part, file):
                os.replace(part, target)
                return
            failures[address] = (
                f"what came is not the published file ({part.stat().st_size:,} bytes, expected {file.size_bytes:,} "
                f"with SHA-256 {file.sha256[:12]}…)"
            )
            part.unlink()
    raise DataError(
        f"{name}: {file.name} could not be downloaded. {'; '.join(f'{at}: {why}' for at, why in failures.items())}. "
        f"Try again later: what has arrived is kept. Or get the file in another way and put it into {folder}. Or name "
        "a folder of your own, of images by class or of IDX files, in place of the dataset's name: regimen study DIR, "
        'or data = "DIR" in a study file.'
    )


def _transfer(address: str, part: Path, size_bytes: int, report: Callable[[int], None]) -> None:
    """Appends to the part what it lacks."""
    from pooch import HTTPDownloader

    with open(part, "ab") as file:
        start = file.tell()
        if start >= size_bytes:
            return
        headers = {"Accept-Encoding": "identity"}  # else what arrives need not be what was published
        if start:
            headers["Range"] = f"bytes={start}-"

        def begin(response: Any, **_: Any) -> None:
            if response.status_code == 200:  # the whole file comes, also where a part of it was asked for
                file.truncate(0)

        fetch = HTTPDownloader(
            progressbar=_Bar(lambda: report(file.tell())),
            chunk_size=PIECE_BYTES,
            timeout=TIMEOUTS_SECONDS,
            headers=headers,
            hooks={"response": begin},
        )
        fetch(address, file, None)


class _Bar:
    """What pooch takes for a progress bar. It counts pieces, not bytes, so only that one has come is passed on."""

    total = 0

    def __init__(self, arrived: Callable[[], None]) -> None:
        self.arrived = arrived

    def update(self, _: int) -> None:
        self.arrived()

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def _is_final(error: Exception) -> bool:
    """Whether asking again is useless: the server answers, and says no."""
    response = getattr(error, "response", None)
    return response is not None and 400 <= response.status_code < 500 and response.status_code not in (408, 429)


def _reason(error: Exception, part: Path) -> str:
    from requests.exceptions import ChunkedEncodingError, ConnectionError, HTTPError, Timeout

    if isinstance(error, HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, Timeout) or "timed out" in str(error):  # a stall amid a transfer is no Timeout for requests
        connect, read = TIMEOUTS_SECONDS
        return f"no answer, or nothing more, for so long ({connect} s to connect, {read} s between pieces)"
    if isinstance(error, ChunkedEncodingError):
        return f"the transfer broke off after {part.stat().st_size:,} bytes"
    if isinstance(error, ConnectionError):
        return "no connection; is this machine online?"
    return str(error)
