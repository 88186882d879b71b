"""A Keras callback for people who keep their own ``model.fit``: it measures what Keras does not, and diagnoses."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral
from typing import Any

import keras
import numpy as np
from rich.console import Console

from regimen.analysis.diagnosis import diagnose as diagnose_curves
from regimen.diagnosis.diagnose import diagnose, number_of_images
from regimen.diagnosis.result import DiagnosisResult
from regimen.errors import HistoryError
from regimen.histories import Training
from regimen.report.trainings import print_trainings

SAMPLE = 1000
_SEED = 0  # of the sample: the same images in every epoch and every run


class OverfittingMonitor(keras.callbacks.Callback):
    """Measures training loss and accuracy as validation is measured, and says at the end whether the model overfits.

    What Keras logs for the training data are running means in training mode: with dropout or augmentation on, while
    the weights move, penalties in the loss. After each epoch this callback evaluates a fixed sample of training images
    in inference mode and logs ``clean_loss`` (without weight penalties), ``clean_accuracy`` or whatever the model's
    metrics are, and ``clean_val_loss`` (``val_loss`` without weight penalties); they are in the History as well. Cost:
    one forward pass over the sample per epoch. The training itself goes as it would without the callback.

    Args:
        x: training images, an array (or a list or dictionary of arrays, for several inputs); or a dataset or generator
            of batches (x, y), of which the first batches are kept in memory. A generator is used up that far: give it
            one of its own, and one without augmentation.
        y: labels, an array or a list; None where `x` yields them.
        sample: how many training images to measure; None for all. About as many as there are validation images is
            enough: the smaller of the two decides how sharp the gap is.
        stop_at_onset: stop when validation loss has stayed above its minimum by more than twice its noise for 3 epochs.
            The rule cannot tell earlier, so training ends two epochs after the onset at best. A gap alone does not
            stop it.
        patience: further epochs to wait after that.
        restore_best_weights: at the end, give the model the weights of the epoch with the lowest validation loss.
        validation_images: how many images validation uses, for the answer.
        verbose: 0 prints nothing, 1 the diagnosis.

    Attributes:
        diagnosis: what was found; None before the end of a training.

    Raises:
        HistoryError: there are no training images, or labels of another number; `sample` or `validation_images` is no
            whole number above 0.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        *,
        sample: int | None = SAMPLE,
        stop_at_onset: bool = False,
        patience: int = 0,
        restore_best_weights: bool = False,
        validation_images: int | None = None,
        verbose: int = 1,
    ) -> None:
        super().__init__()
        if sample is not None and not (isinstance(sample, Integral) and sample > 0):
            raise HistoryError(f"Expected a sample of at least 1 training image, or None for all; received {sample!r}.")
        self._x, self._y = _sample(x, y, sample) if y is not None else _gathered(x, sample)
        self.stop_at_onset, self.patience = stop_at_onset, patience
        self.restore_best_weights, self.verbose = restore_best_weights, verbose
        self.validation_images = number_of_images(validation_images)
        self.diagnosis: DiagnosisResult | None = None
        self._forget()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """A new training."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measures, adds to the logs, and stops where it was asked to."""
        logs = {} if logs is None else logs
        with _random_state_kept():
            measured = self.model.evaluate(self._x, self._y, verbose=0, return_dict=True)
        penalty = _penalty(self.model)
        clean = {f"clean_{name}": float(value) for name, value in measured.items()}
        clean["clean_loss"] -= penalty
        if "val_loss" in logs:
            clean["clean_val_loss"] = float(logs["val_loss"]) - penalty
        logs.update(clean)  # Keras hands the same dictionary to its History afterwards
        self._rows.append({name: float(value) for name, value in logs.items() if np.ndim(value) == 0})
        self._epochs.append(epoch + 1)
        self._keep_best()
        if self.stop_at_onset and self._onset() is not None:
            self._fired += 1
            if self._fired > self.patience:
                self.model.stop_training = True
        else:
            self._fired = 0

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Restores the best weights where it was asked to, diagnoses, and prints."""
        if not self._rows:
            return
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)
        names = [name for name in self._rows[0] if all(name in row for row in self._rows)]
        curves = {name: np.array([row[name] for row in self._rows]) for name in names}
        training = Training("training", curves, np.array(self._epochs), "model.fit")
        self.diagnosis = diagnose(training, validation_images=self.validation_images)
        if self.verbose:
            console = Console(force_jupyter=False)  # plain text there too: the object itself displays as HTML
            print_trainings(console, self.diagnosis.diagnoses, self.diagnosis.comparison)

    def _forget(self) -> None:
        self._rows: list[dict[str, float]] = []
        self._epochs: list[int] = []
        self._best, self._best_weights, self._fired = np.inf, None, 0

    def _keep_best(self) -> None:
        loss = self._rows[-1].get("clean_val_loss", np.inf)
        if self.restore_best_weights and loss < self._best:
            self._best, self._best_weights = loss, self.model.get_weights()

    def _onset(self) -> int | None:
        losses = np.array([row.get("clean_val_loss", np.nan) for row in self._rows])
        return diagnose_curves([{"clean_val_loss": losses}]).onset if np.isfinite(losses).all() else None


def _random_state_kept() -> AbstractContextManager[None]:
    """Under the torch backend every pass over data draws a number: training would go another way than without us."""
    if keras.backend.backend() != "torch":
        return nullcontext()
    import torch

    return torch.random.fork_rng(devices=[])


def _sample(x: Any, y: Any, size: int | None) -> tuple[Any, Any]:
    """A fixed random part of arrays."""
    x, y = _as_arrays(x), _as_arrays(y)
    if any(np.ndim(part) == 0 for part in keras.tree.flatten((x, y))):
        given = " and ".join(type(part).__name__ for part in (x, y))
        raise HistoryError(f"Expected arrays of training images and labels; received {given}.")
    counts = {len(part) for part in (*keras.tree.flatten(x), *keras.tree.flatten(y))}
    if len(counts) != 1 or counts == {0}:
        raise HistoryError(f"Expected as many labels as training images, at least one; received {sorted(counts)}.")
    (count,) = counts
    if size is None or size >= count:
        return x, y
    chosen = np.sort(np.random.default_rng(_SEED).choice(count, size, replace=False))
    return keras.tree.map_structure(lambda part: _rows_of(part, chosen), (x, y))


def _as_arrays(data: Any) -> Any:
    """A list of numbers as an array; arrays, and lists or dictionaries of them, as they are."""
    if not isinstance(data, list | tuple) or any(np.ndim(part) for part in keras.tree.flatten(data)):
        return data
    try:
        return np.asarray(data)
    except ValueError:  # rows of different length
        return data


def _rows_of(part: Any, chosen: np.ndarray) -> np.ndarray:
    return (part if isinstance(part, np.ndarray) else keras.ops.convert_to_numpy(part))[chosen]


def _gathered(batches: Any, size: int | None) -> tuple[Any, Any]:
    """The first batches of a dataset or generator, in memory."""
    kept, count = [], 0
    for batch in _batches(batches):
        if not isinstance(batch, tuple | list) or len(batch) < 2:
            raise HistoryError(
                "Expected batches (x, y) of training data, or x and y as arrays: OverfittingMonitor(x_train, y_train); "
                f"received {type(batch).__name__}."
            )
        kept.append(keras.tree.map_structure(keras.ops.convert_to_numpy, (batch[0], batch[1])))
        count += len(keras.tree.flatten(kept[-1][1])[0])
        if size is not None and count >= size:
            break
    if not kept:
        raise HistoryError("The training data for OverfittingMonitor has no batch.")
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts)[:size], *kept)


def _batches(batches: Any) -> Iterator[Any]:
    if isinstance(batches, keras.utils.PyDataset):  # iterating over one may not end
        return (batches[index] for index in range(len(batches)))
    try:
        return iter(batches)
    except TypeError as error:
        raise HistoryError(
            f"Expected training data, as arrays x and y or as batches (x, y); received {type(batches).__name__}."
        ) from error


def _penalty(model: keras.Model) -> float:
    """What weight penalties add to a loss, now."""
    penalised = [variable for variable in model.trainable_variables if getattr(variable, "regularizer", None)]
    return sum(float(keras.ops.convert_to_numpy(variable.regularizer(variable))) for variable in penalised)
