"""Keeps the studies that pages are written from: docs/evidence/NAME.tar.xz, without weights.

    python docs/evidence.py pack STUDY_DIR NAME [--no-test]    # into docs/evidence
    python docs/evidence.py unpack NAME STUDY_DIR              # a study's directory, which reports and can go on

Probabilities are rounded to thousandths, the likeliest class staying the likeliest, which makes an archive ten times
smaller and changes no verdict. The model of the best run is not kept. With ``--no-test`` test accuracies are gone for
good: such a study can still be read and reported, but what it then says is of validation alone.
"""

import argparse
import io
import lzma
import sqlite3
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from pages import DOCS

from regimen.errors import StoreError
from regimen.store import StudyStore
from regimen.store.run_folder import PREDICTIONS

FOLDER = DOCS / "evidence"


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and packs or unpacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("study", type=Path)
    packing.add_argument("name")
    packing.add_argument("--no-test", action="store_true", help="without the probabilities of the test part's images")
    unpacking = commands.add_parser("unpack")
    unpacking.add_argument("name")
    unpacking.add_argument("study", type=Path)
    given = parser.parse_args(arguments)
    if given.command == "pack":
        pack(given.study, archive(given.name), test=not given.no_test)
    else:
        unpack(given.name, given.study)


def archive(name: str) -> Path:
    """Where a study is kept under a name."""
    return FOLDER / f"{name}.tar.xz"


def pack(folder: Path, target: Path, *, test: bool = True) -> None:
    """Writes what a study's finished runs found into an archive, the same bytes every time.

    Args:
        folder: the study's directory.
        target: the archive.
        test: whether to keep the probabilities of the test part's images, where there is one.

    Raises:
        StoreError: there is no study in the folder.
    """
    target.parent.mkdir(exist_ok=True)
    with (
        StudyStore.open(folder) as store,
        tempfile.TemporaryDirectory() as temporary,
        lzma.open(target, "wb", preset=9) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        database = Path(temporary) / "study.sqlite"
        with closing(sqlite3.connect(folder / "study.sqlite")) as source:
            source.execute("VACUUM INTO ?", (str(database),))
        _add(tar, "study.sqlite", database.read_bytes())
        for name in ("split.npz", "study.toml"):
            if (folder / name).exists():
                _add(tar, name, (folder / name).read_bytes())
        for key in sorted(key for key, run in store.runs().items() if run.status in ("finished", "diverged")):
            files = store.run_folder(key)
            _add(tar, f"runs/{key}/result.json", (files.path / "result.json").read_bytes())
            for name in (each for each in PREDICTIONS if test or each != "test_selected"):
                predicted = files.predictions(name)
                if predicted is not None:
                    content = io.BytesIO()
                    np.save(content, rounded(predicted), allow_pickle=False)
                    _add(tar, f"runs/{key}/{name}.npy", content.getvalue())


def unpack(name: str, folder: Path) -> Path:
    """Makes a study's directory of what is kept under a name.

    Raises:
        StoreError: nothing is.
    """
    if not archive(name).is_file():
        known = ", ".join(sorted(path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz")))
        raise StoreError(f"No study is kept as {name!r}; there are {known or 'none'}.")
    with tarfile.open(archive(name)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def rounded(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities in thousandths, float32 (images, classes), the likeliest class still the likeliest."""
    thousandths = np.rint(1000 * probabilities.astype(np.float64))
    rows, likeliest = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    others = thousandths.copy()
    others[rows, likeliest] = -1
    thousandths[rows, likeliest] = np.maximum(thousandths[rows, likeliest], others.max(axis=1) + 1)
    return (thousandths / 1000).astype(np.float32)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main()
