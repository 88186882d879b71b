"""One study's directory: ``study.sqlite``, ``study.toml`` with ``study.keras`` where the model was given in Python,
``split.npz``, ``pictures.npz``, ``runs/``, ``best.keras``, ``report.html``.

Requirements: every write is a transaction or an atomic rename; one process writes at a time; a directory of another
schema, or of another study, is refused; the process may be killed at any instant.
"""

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from regimen.errors import StoreError
from regimen.language import decode, encode
from regimen.plan import Arm, Plan, Receipt
from regimen.store.run_folder import RunFolder

SCHEMA_VERSION = 2
METRICS = ("loss", "acc", "val_loss", "val_acc", "clean_loss", "clean_acc", "clean_val_loss")
_SCHEMA = f"""
CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), identity TEXT NOT NULL, spec TEXT NOT NULL);
CREATE TABLE arms (
    position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, receipts TEXT NOT NULL,
    judged_at TEXT NOT NULL
);
CREATE TABLE runs (
    key TEXT PRIMARY KEY, seed INTEGER NOT NULL, status TEXT NOT NULL, selected_epoch INTEGER, wall_seconds REAL,
    error TEXT, environment TEXT, run_by_keras TEXT
);
CREATE TABLE epochs (
    run TEXT NOT NULL REFERENCES runs (key), epoch INTEGER NOT NULL,
    {", ".join(f"{name} REAL" for name in METRICS)}, PRIMARY KEY (run, epoch)
);
CREATE TABLE events (time TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, text TEXT NOT NULL);
PRAGMA user_version = {SCHEMA_VERSION};
"""


@dataclass(frozen=True)
class RunRecord:
    """What the database holds of one run.

    Attributes:
        key: of the run.
        seed: its seed.
        status: ``running``, ``finished``, ``diverged`` or ``failed``.
        selected_epoch: 1-based; None unless it ended.
        wall_seconds: of training.
        error: why it failed.
        environment: label → value, of the process that ran it.
        run_by_keras: names of layers that the engine has no counterpart for.
    """

    key: str
    seed: int
    status: str
    selected_epoch: int | None = None
    wall_seconds: float | None = None
    error: str | None = None
    environment: Mapping[str, str] | None = None
    run_by_keras: Sequence[str] = ()


class StudyStore:
    """Reads and writes one study's directory.

    Args:
        folder: of the study; see `create` and `open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / ".lock")
        self._database = sqlite3.connect(folder / "study.sqlite", isolation_level=None)

    @classmethod
    def create(cls, folder: Path, identity: str) -> "StudyStore":
        """Opens the study in a folder for writing, or begins it.

        Args:
            folder: made if it does not exist.
            identity: what makes two studies the same; a folder with another study is refused.

        Raises:
            StoreError: the folder cannot be written, holds something else, or is in use by another process.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "study.sqlite").exists() and any(not _ours(path.name) for path in folder.iterdir()):
                raise StoreError(
                    f"The directory {str(folder)!r} is not empty and holds no study. Choose another with --out."
                )
            store = cls(folder)
            store._lock.acquire(timeout=0)
            with _errors(folder):
                store._begin(identity)
        except Timeout as error:
            raise StoreError(
                f"Another process is running the study in {str(folder)!r}. Wait for it, or stop it."
            ) from error
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(
                f"The study directory {str(folder)!r} cannot be written: {error}. Choose another with --out."
            ) from error
        return store

    @classmethod
    def open(cls, folder: Path) -> "StudyStore":
        """Opens an existing study for reading.

        Raises:
            StoreError: there is none, or it has another schema.
        """
        if not holds_study(folder):
            raise StoreError(f"There is no study in {str(folder)!r}: it has no study.sqlite.")
        with _errors(folder):
            store = cls(folder)
            store._check_version()
        return store

    def __enter__(self) -> "StudyStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the database and the directory."""
        self._database.close()
        self._lock.release()

    def _begin(self, identity: str) -> None:
        self._database.execute("PRAGMA journal_mode = WAL")
        if not self._database.execute("SELECT 1 FROM sqlite_master WHERE name = 'study'").fetchone():
            self._database.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            self._database.execute("INSERT INTO study VALUES (1, ?, '{}')", (identity,))
        self._check_version()
        found = self._database.execute("SELECT identity FROM study").fetchone()
        if found is None:  # killed between the schema and this row
            self._database.execute("INSERT INTO study VALUES (1, ?, '{}')", (identity,))
        elif found[0] != identity:
            self.close()
            raise StoreError(
                f"The directory {str(self.folder)!r} holds another study: other data, split, model or settings. "
                "Choose another with --out, or repeat the settings it was begun with."
            )

    def _check_version(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            self.close()
            raise StoreError(
                f"The study in {str(self.folder)!r} has schema version {version}; this regimen reads version "
                f"{SCHEMA_VERSION}. Use the regimen that wrote it, or start anew with --out."
            )

    # What the study is

    def write_spec(self, spec: Mapping[str, Any], arms: Sequence[Arm], judged_at: Mapping[str, str]) -> None:
        """Keeps the study as it is now asked for; runs of arms and seeds that are no longer asked for stay."""
        rows = [
            (
                position,
                arm.name,
                json.dumps(arm.plan.to_json()),
                json.dumps(encode([vars(receipt) for receipt in arm.receipts])),
                judged_at.get(arm.name, "selected"),
            )
            for position, arm in enumerate(arms)
        ]
        with self._transaction():
            self._database.execute("UPDATE study SET spec = ?", (json.dumps(encode(spec)),))
            self._database.execute("DELETE FROM arms")
            self._database.executemany("INSERT INTO arms VALUES (?, ?, ?, ?, ?)", rows)

    def spec(self) -> dict[str, Any]:
        """What `write_spec` kept; empty before."""
        return decode(json.loads(self._database.execute("SELECT spec FROM study").fetchone()[0]))

    def arms(self) -> list[Arm]:
        """The arms in order, the baseline first."""
        return [
            Arm(
                name,
                Plan.from_json(json.loads(plan)),
                tuple(Receipt(item["remedy"], tuple(item["changes"])) for item in decode(json.loads(receipts))),
            )
            for name, plan, receipts in self._database.execute(
                "SELECT name, plan, receipts FROM arms ORDER BY position"
            )
        ]

    def judged_at(self) -> dict[str, str]:
        """Arm → ``selected`` or ``last``."""
        return dict(self._database.execute("SELECT name, judged_at FROM arms"))

    def write_split(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keeps indices and labels: ``training, validation`` (into train), ``validation_labels, test_labels``."""
        self._write_arrays("split.npz", np.savez, arrays)

    def split(self) -> dict[str, np.ndarray]:
        """What `write_split` kept."""
        return load_split(self.folder)

    def write_pictures(self, positions: np.ndarray, images: np.ndarray) -> None:
        """Keeps some validation images: int64 (M,) positions in the validation part, uint8 (M, H, W, C)."""
        self._write_arrays("pictures.npz", np.savez_compressed, {"positions": positions, "images": images})

    def _write_arrays(self, name: str, save: Callable[..., None], arrays: Mapping[str, np.ndarray]) -> None:
        temporary = self.folder / f".{os.getpid()}-{name}"
        try:
            with temporary.open("wb") as file:
                save(file, **arrays)
            os.replace(temporary, self.folder / name)
        finally:
            temporary.unlink(missing_ok=True)

    # Runs

    def run_folder(self, key: str) -> RunFolder:
        """Where a run's files are."""
        return RunFolder(self.folder / "runs" / key)

    def runs(self) -> dict[str, RunRecord]:
        """Every run there is a record of, by key."""
        rows = self._database.execute("SELECT * FROM runs").fetchall()
        return {
            row[0]: RunRecord(*row[:6], environment=json.loads(row[6] or "{}"), run_by_keras=json.loads(row[7] or "[]"))
            for row in rows
        }

    def write_run(self, run: RunRecord) -> None:
        """Keeps or replaces a run's record."""
        values = (
            *(run.key, run.seed, run.status, run.selected_epoch, run.wall_seconds, run.error),
            *(json.dumps(dict(run.environment or {})), json.dumps(list(run.run_by_keras))),
        )
        with self._transaction():
            self._database.execute("DELETE FROM epochs WHERE run = ? AND ? = 'running'", (run.key, run.status))
            self._database.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def write_epoch(self, key: str, epoch: int, metrics: Mapping[str, float]) -> None:
        """Keeps one epoch of a run."""
        marks = ", ".join("?" * (2 + len(METRICS)))
        values = (key, epoch, *(metrics[name] for name in METRICS))
        self._database.execute(f"INSERT OR REPLACE INTO epochs VALUES ({marks})", values)

    def history(self, key: str) -> dict[str, np.ndarray]:
        """Metric → float64 (epochs,); a number that was not finite is NaN."""
        names = ", ".join(METRICS)
        rows = self._database.execute(f"SELECT {names} FROM epochs WHERE run = ? ORDER BY epoch", (key,)).fetchall()
        columns = np.array(rows, dtype=np.float64).reshape(-1, len(METRICS)).T
        return dict(zip(METRICS, columns, strict=True))

    def write_event(self, text: str) -> None:
        """Adds a line to the study's log."""
        self._database.execute("INSERT INTO events (text) VALUES (?)", (text,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def holds_study(folder: Path) -> bool:
    """Whether a study was begun in a folder."""
    return (folder / "study.sqlite").is_file()


def _ours(name: str) -> bool:
    """Whether a study leaves a file of this name: its runs are worth keeping when its database is lost."""
    known = ("runs", "logs", "split.npz", "pictures.npz", "best.json", "best.keras", "report.html", "curves.png")
    return name in (*known, "study.toml", "study.keras") or name.startswith((".", "initial-"))


def load_split(folder: Path) -> dict[str, np.ndarray]:
    """The indices and labels that a study's directory keeps; see `StudyStore.write_split`."""
    with np.load(folder / "split.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def load_pictures(folder: Path) -> dict[int, np.ndarray]:
    """The validation images that a study's directory keeps: position in the validation part → uint8 (H, W, C).

    Empty where there are none, or none that can be read: a report is worth having without them.
    """
    try:
        with np.load(folder / "pictures.npz", allow_pickle=False) as arrays:
            return dict(zip(arrays["positions"].tolist(), arrays["images"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{str(folder / 'study.sqlite')!r} is damaged ({error}). The runs beside it are kept; move the file "
            "away to begin again from them."
        ) from error
