"""The files of one run: ``runs/<key>/``. Every write is an atomic rename; tensors are safetensors, never pickle.

``checkpoint.safetensors`` exists while the run is unfinished; ``result.json``, written last, marks it finished.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regimen.errors import StoreError

PREDICTIONS = ("validation_selected", "validation_last", "test_selected")
"""Stored class probabilities: float32 (images, classes)."""


@dataclass(frozen=True)
class RunFolder:
    """One run's folder.

    Attributes:
        path: created on first write.
    """

    path: Path

    def result(self) -> dict[str, Any] | None:
        """What `finish` wrote; None while the run is unfinished."""
        try:
            return json.loads((self.path / "result.json").read_text())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StoreError(
                f"{self.path / 'result.json'} is damaged ({error}). Delete the folder to run it again."
            ) from error

    def predictions(self, name: str) -> np.ndarray | None:
        """One of `PREDICTIONS`, or None where there is none (no test part, say)."""
        path = self.path / f"{name}.npy"
        return np.load(path, allow_pickle=False) if path.exists() else None

    def weights(self) -> dict[str, np.ndarray]:
        """The weights of the selected epoch, by name, in Keras' axes.

        Raises:
            StoreError: they were not kept.
        """
        from safetensors.numpy import load_file

        path = self.path / "selected.safetensors"
        if not path.is_file():
            raise StoreError(f"There is no best.keras: the weights of its run, {path}, were not kept.")
        return load_file(path)

    def save_checkpoint(self, tensors: Mapping[str, Any], progress: Mapping[str, Any]) -> None:
        """Keeps what is needed to go on: torch tensors, and plain data."""
        from safetensors.torch import save_file

        metadata = {"progress": json.dumps(progress)}
        self._write("checkpoint.safetensors", lambda path: save_file(dict(tensors), path, metadata))

    def load_checkpoint(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """(tensors, progress) of the latest checkpoint; None if there is none."""
        from safetensors import SafetensorError, safe_open

        path = self.path / "checkpoint.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                progress = json.loads(file.metadata()["progress"])
                return {name: file.get_tensor(name) for name in file.keys()}, progress  # noqa: SIM118
        except SafetensorError as error:
            raise StoreError(f"{path} is damaged ({error}). Delete it to start the run again.") from error

    def finish(
        self, weights: Mapping[str, Any], predictions: Mapping[str, np.ndarray], result: Mapping[str, Any]
    ) -> None:
        """Keeps what a finished run leaves behind, and drops the checkpoint."""
        from safetensors.torch import save_file

        self._write("selected.safetensors", lambda path: save_file(dict(weights), path))
        for name, array in predictions.items():
            self._write(f"{name}.npy", lambda path, array=array: _save_array(path, array))
        self._write("result.json", lambda path: path.write_text(json.dumps(result, indent=1)))
        (self.path / "checkpoint.safetensors").unlink(missing_ok=True)

    def _write(self, name: str, write: Callable[[Path], Any]) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self.path / f".{os.getpid()}-{name}"
        write(temporary)
        os.replace(temporary, self.path / name)


def _save_array(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
