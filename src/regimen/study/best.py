"""The trained model that a study hands over: it takes raw images, and scores what the report says."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from regimen.data import Dataset
from regimen.errors import StoreError
from regimen.language import say
from regimen.models.backend import import_keras
from regimen.models.classes import custom_objects
from regimen.models.graph import Graph
from regimen.models.output import final_activation
from regimen.plan import Arm, Scaling
from regimen.store import RunRecord, StudyStore

if TYPE_CHECKING:
    import keras

TOLERANCE = 0.003
"""Largest difference between the accuracies of the saved model and of the run's selected weights, both in float32."""


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
        return say(
            "{file} is arm {arm}, seed {seed}: {accuracy} % of the validation images right ({how}). It is the run with "
            "the lowest validation loss in the arm with the highest mean accuracy, and takes raw images: pixels 0–255, "
            "in the size that the study used.",
            file=Path(self.path).name,
            arm=self.arm,
            seed=self.seed,
            accuracy=f"{100 * self.accuracy:.1f}",
            how=self._how(),
        )

    def _how(self) -> str:
        if abs(self.accuracy - self.accuracy_in_training) < 5e-4:
            return say("reloaded and scored in float32")
        return say(
            "reloaded and scored in float32; {accuracy} % in the precision of the training",
            accuracy=f"{100 * self.accuracy_in_training:.1f}",
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def export_best(store: StudyStore, arm: Arm, run: RunRecord, dataset: Dataset, validation: np.ndarray) -> BestModel:
    """Saves a run's model, reloads it, and scores it on the validation part before its number is told.

    Args:
        store: of the study.
        arm: whose run it is.
        run: a finished run.
        dataset: the study's.
        validation: int64 (N,), the positions in ``train`` of its validation part.

    Raises:
        StoreError: the saved model does not score what the run scored in float32; the study goes without one.
    """
    folder, files = store.folder, store.run_folder(run.key)
    result = files.result()
    known = load_best(folder)
    if known is not None and (known.run, known.arm) == (run.key, arm.name):
        return known
    path, note, temporary = folder / "best.keras", folder / "best.json", folder / ".best-new.keras"
    note.unlink(missing_ok=True)  # from here on until the new note is there, no model is told of
    with_raw_input(arm.plan.graph, arm.plan.scaling).to_keras(files.weights()).save(temporary)
    keras = import_keras()
    with keras.saving.custom_object_scope(dict(custom_objects())):
        model = keras.saving.load_model(temporary, safe_mode=False)
    activation, _ = final_activation(arm.plan.graph)
    accuracy = _accuracy(model, activation, dataset, validation)
    expected = result["float32_accuracy"]
    if abs(accuracy - expected) > max(TOLERANCE, 1.5 / len(validation)):  # one image may fall either way
        temporary.unlink()
        raise StoreError(
            f"The saved model of arm {arm.name!r}, seed {run.seed}, gets {100 * accuracy:.2f} % of the validation "
            f"images right, but {100 * expected:.2f} % were measured in training, so best.keras was not kept. "
            "The verdicts do not depend on it. Please report this."
        )
    temporary.replace(path)
    trained = result["history"]["val_acc"][run.selected_epoch - 1]
    best = BestModel(str(path), arm.name, run.seed, run.key, accuracy, trained)
    new = folder / ".best-new.json"
    new.write_text(json.dumps(best.to_json()))
    new.replace(note)
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


def _accuracy(model: Any, activation: str, dataset: Dataset, validation: np.ndarray) -> float:
    from regimen.engine.batches import inference_batch  # torch, which reading a result does not need

    right, images = 0, dataset.train.images
    size = inference_batch(*images.shape[1:3], 1)
    for start in range(0, len(validation), size):
        indices = validation[start : start + size]
        scores = np.asarray(model.predict(images[indices].astype(np.float32), verbose=0))
        if scores.shape[1] > 1:
            predicted = scores.argmax(axis=1)
        else:
            predicted = scores[:, 0] > (0.5 if activation == "sigmoid" else 0.0)
        right += int((predicted == dataset.train.labels[indices]).sum())
    return right / len(validation)
