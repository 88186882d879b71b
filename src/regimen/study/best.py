"""The trained model that a study hands over: it takes raw images, and scores what the report says."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from regimen.data import Dataset
from regimen.errors import StoreError
from regimen.models.backend import import_keras
from regimen.models.classes import custom_objects
from regimen.models.graph import Graph
from regimen.plan import Plan, Scaling

if TYPE_CHECKING:
    import keras

TOLERANCE = 0.003
"""Largest difference between the accuracy of the saved model and the one measured while training."""


@dataclass(frozen=True)
class BestModel:
    """The model to use.

    Attributes:
        path: of the ``.keras`` file.
        arm: whose model it is: the one with the highest mean validation accuracy.
        seed: of the run with the lowest ``clean_val_loss`` in that arm.
        run: key of that run.
        accuracy: validation accuracy of the saved file, reloaded and scored in float32 on raw images; 0–1.
        accuracy_in_training: as measured by the run, in the study's precision; 0–1.
    """

    path: str
    arm: str
    seed: int
    run: str
    accuracy: float
    accuracy_in_training: float

    @property
    def model(self) -> "keras.Model":
        """The model, loaded. Classes of the user's own must be registered with Keras, or imported as they were."""
        keras = import_keras()
        with keras.saving.custom_object_scope(dict(custom_objects())):
            return keras.saving.load_model(self.path)

    def sentence(self) -> str:
        """What to say of it in a report."""
        return (
            f"{Path(self.path).name} is arm {self.arm}, seed {self.seed}: {100 * self.accuracy:.1f} % of the "
            "validation images right (reloaded and scored in float32). It takes raw images with pixels 0–255."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def export_best(
    folder: Path,
    plan: Plan,
    arm: str,
    seed: int,
    run: str,
    weights: dict[str, np.ndarray],
    expected: float,
    dataset: Dataset,
    validation: np.ndarray,
) -> BestModel:
    """Saves a run's model, reloads it, and scores it on the validation part before its number is told.

    Raises:
        StoreError: the saved model scores something else.
    """
    known = load_best(folder)
    if known is not None and known.run == run:
        return known
    path, temporary = folder / "best.keras", folder / ".best-new.keras"
    with_raw_input(plan.graph, plan.scaling).to_keras(weights).save(temporary)
    keras = import_keras()
    with keras.saving.custom_object_scope(dict(custom_objects())):
        model = keras.saving.load_model(temporary, safe_mode=False)
    accuracy = _accuracy(model, dataset, validation)
    if abs(accuracy - expected) > TOLERANCE + 1e-9:
        raise StoreError(
            f"The saved model of arm {arm!r}, seed {seed}, gets {100 * accuracy:.2f} % of the validation images right, "
            f"but {100 * expected:.2f} % were measured while training. It was not kept. Please report this."
        )
    temporary.replace(path)
    best = BestModel(str(path), arm, seed, run, accuracy, expected)
    note = folder / ".best-new.json"
    note.write_text(json.dumps(best.to_json()))
    note.replace(folder / "best.json")
    return best


def load_best(folder: Path) -> BestModel | None:
    """The model that a study's directory holds; None if there is none."""
    note = folder / "best.json"
    if not note.exists() or not (folder / "best.keras").exists():
        return None
    return BestModel(**{**json.loads(note.read_text()), "path": str(folder / "best.keras")})


def with_raw_input(graph: Graph, scaling: Scaling) -> Graph:
    """The graph with the plan's scaling in front, so that it takes pixels 0–255."""
    if scaling.kind == "none":
        return graph
    image = next(layer.key for layer in graph.layers if layer.class_name == "InputLayer")
    channels = graph.input_shape[-1]
    mean, std = (np.broadcast_to(values, channels) for values in (scaling.mean, scaling.std))
    config = {"axis": -1, "mean": mean.tolist(), "variance": np.square(std).tolist()}
    return graph.insert_after(image, "keras.layers.Normalization", "scaling", config)


def _accuracy(model: Any, dataset: Dataset, validation: np.ndarray) -> float:
    right = 0
    for start in range(0, len(validation), 1024):
        indices = validation[start : start + 1024]
        scores = np.asarray(model.predict(dataset.train.images[indices].astype(np.float32), verbose=0))
        predicted = _classes(model, scores)
        right += int((predicted == dataset.train.labels[indices]).sum())
    return right / len(validation)


def _classes(model: Any, scores: np.ndarray) -> np.ndarray:
    if scores.shape[1] > 1:
        return scores.argmax(axis=1)
    last = getattr(model.layers[-1], "activation", None)
    return (scores[:, 0] > (0.5 if getattr(last, "__name__", "") == "sigmoid" else 0.0)).astype(np.int64)
