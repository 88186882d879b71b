"""Where image files lie: a folder or a zip archive. Both list what they hold and open it by name."""

import io
import os
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from regimen.errors import DataError


@dataclass(frozen=True)
class Entry:
    """A file: its path below the source, ``/`` between folders; its size; what changes with its content."""

    name: str
    size_bytes: int
    stamp: tuple[int, ...]


class Files(Protocol):
    """A listing of files, to be used in a ``with`` statement; `open` may be called by several threads at once."""

    name: str
    entries: list[Entry]

    def open(self, name: str) -> BinaryIO:
        """Opens the file of this entry for reading; the result can seek."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


class FolderFiles:
    """The files below a folder. Hidden folders are not entered; links are followed, each target once."""

    def __init__(self, path: Path):
        self.name = path.resolve().name
        self.path = path
        self.entries = []
        seen = set()
        for parent, folders, names in os.walk(path, followlinks=True):
            if (real := os.path.realpath(parent)) in seen:
                folders.clear()
                continue
            seen.add(real)
            folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
            self.entries += [self._entry(Path(parent, name)) for name in names]

    def _entry(self, file: Path) -> Entry:
        name = file.relative_to(self.path).as_posix()
        try:
            found = file.stat()
        except OSError:  # a broken link: listed, so that it is counted among the images that cannot be read
            return Entry(name, 0, ())
        # ctime besides mtime: it tells when permissions changed, or a file was replaced under its old time.
        return Entry(name, found.st_size, (found.st_mtime_ns, found.st_ctime_ns))

    def open(self, name: str) -> BinaryIO:
        """Opens a file for reading."""
        return open(self.path / name, "rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class ZipFiles:
    """The members of a zip archive, read in place; every thread has its own handle.

    Raises:
        DataError: if the file is not a zip archive or is encrypted.
    """

    def __init__(self, path: Path):
        self.name = path.stem
        self.path = path
        self._of_thread = threading.local()
        self._handles: list[zipfile.ZipFile] = []
        try:
            members = [member for member in self._handle().infolist() if not member.is_dir()]
        except (OSError, zipfile.BadZipFile, EOFError) as error:
            raise DataError(f"{path} is not a readable zip archive ({error}). Download or pack it again.") from error
        if any(member.flag_bits & 1 for member in members):
            self.__exit__()
            raise DataError(f"{path} is encrypted. Pack the images again without a password.")
        # Some packers on Windows write backslashes.
        self._members = {member.filename.replace("\\", "/"): member for member in members}
        self.entries = [Entry(name, member.file_size, (member.CRC,)) for name, member in self._members.items()]

    def open(self, name: str) -> BinaryIO:
        """Opens a member for reading."""
        return self._handle().open(self._members[name])

    def _handle(self) -> zipfile.ZipFile:
        if not hasattr(self._of_thread, "handle"):
            self._of_thread.handle = zipfile.ZipFile(self.path)
            self._handles.append(self._of_thread.handle)
        return self._of_thread.handle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.close()


def read_whole(files: Files, name: str) -> io.BytesIO:
    """The content of a file, in memory: an archive's members are slow to seek in."""
    with files.open(name) as file:
        return io.BytesIO(file.read())
