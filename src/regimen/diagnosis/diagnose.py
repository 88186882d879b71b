"""``regimen.diagnose``: any training, from anywhere."""

from dataclasses import replace
from numbers import Integral
from typing import Any

from regimen.analysis.single_runs import compare_single_runs
from regimen.analysis.training import diagnose_training
from regimen.analysis.training_verdict import TrainingDiagnosis
from regimen.diagnosis.result import DiagnosisResult
from regimen.errors import HistoryError
from regimen.histories import read


def diagnose(source: Any, *, validation_images: int | None = None) -> DiagnosisResult:
    """Says of any training whether it overfits, since when, and where to stop.

    Args:
        source: what ``model.fit`` returned, or its dictionary; a pandas table; the path of a file (JSON or CSV of a
            History, a notebook, or text with Keras' progress output); or a list, or a dictionary by name, of these.
        validation_images: how many images validation used, where it is known: the answer then knows how far chance
            alone moves an accuracy.

    Returns:
        One diagnosis per training found, and, of several, the comparison. It displays as tables and a figure in a
        notebook, and prints as text.

    Raises:
        HistoryError: no training can be read from the source; it names what was looked for and what was found.

    >>> found = diagnose({"loss": [1.0, 0.7, 0.5, 0.3, 0.2, 0.1], "val_loss": [1.1, 0.8, 0.9, 1.1, 1.3, 1.5]})
    >>> found[0].verdict.value, found[0].stop_epoch
    ('overfits', 2)
    """
    validation_images = number_of_images(validation_images)
    trainings = read(source)
    diagnoses = tuple(
        _with_notes(
            diagnose_training(
                training.curves,
                name=training.name,
                epochs=training.epochs,
                validation_images=validation_images or training.validation_images,
            ),
            training.notes,
        )
        for training in trainings
    )
    return DiagnosisResult(diagnoses, compare_single_runs(diagnoses), tuple(training.source for training in trainings))


def number_of_images(given: Any) -> int | None:
    """The size of a validation part as it was given, which NumPy's whole numbers may do too.

    Raises:
        HistoryError: it is no whole number above 0.
    """
    if given is not None and not (isinstance(given, Integral) and given > 0):
        raise HistoryError(f"Expected validation_images to be a whole number above 0; received {given!r}.")
    return None if given is None else int(given)


def _with_notes(found: TrainingDiagnosis, notes: tuple[str, ...]) -> TrainingDiagnosis:
    return replace(found, remarks=(*notes, *found.remarks))
