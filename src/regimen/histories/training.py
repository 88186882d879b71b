"""One training's learning curves, wherever they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from regimen.language import Message, plural, say

Row = tuple[int, Mapping[str, float]]
"""An epoch's number and its metrics; a metric that was not measured in it is absent."""


@dataclass(frozen=True, eq=False)
class Training:
    """The learning curves of one call of ``fit``.

    Attributes:
        name: tells it from the others of its source; empty where it is the only one.
        curves: metric → float64 (epochs,), as logged; NaN where the training produced NaN.
        epochs: int64 (epochs,), the number of each epoch, counted from 1 and rising; a resumed training begins later.
        source: where it was found, for people: ``"train.log, line 12"``.
        notes: what reading it had to decide.
        validation_images: size of the validation part, where the source says it.
    """

    name: str
    curves: Mapping[str, np.ndarray]
    epochs: np.ndarray
    source: str
    notes: tuple[Message, ...] = ()
    validation_images: int | None = None

    def named(self, name: str) -> "Training":
        """The same under another name."""
        return replace(self, name=name)


@dataclass
class Rows:
    """Epochs as a source yields them, one after the other.

    Attributes:
        name: of the training to be.
        source: where it was found.
        rows: its epochs, their numbers rising.
        validation_images: where the source says it.
    """

    name: str
    source: str
    rows: list[Row] = field(default_factory=list)
    validation_images: int | None = None


def assemble(found: Rows) -> Training | None:
    """Makes curves of epochs.

    Validation may have been measured in some epochs only (``validation_freq``), and an interrupted epoch has none:
    then the epochs without it are left out, so that all curves have one length, and a note says so. Metrics that are
    still missing in some epoch are left out.

    Returns:
        The training, or None when there is no epoch with a metric.
    """
    rows = [(epoch, metrics) for epoch, metrics in found.rows if metrics]
    validated = [row for row in rows if any(map(_is_validation, row[1]))]
    notes = []
    if validated and len(validated) < len(rows):
        left_out = len(rows) - len(validated)
        note = plural(
            left_out,
            "{number} epoch without validation metrics is left out.",
            "{number} epochs without validation metrics are left out.",
        )
        notes.append(note)
        rows = validated
    if not rows:
        return None
    epochs = np.array([epoch for epoch, _ in rows], dtype=np.int64)
    if epochs[0] > 1:
        notes.append(say("The first epoch found is epoch {epoch}; what came before is not known.", epoch=epochs[0]))
    names = [name for name in rows[0][1] if all(name in metrics for _, metrics in rows)]
    curves = {name: np.array([metrics[name] for _, metrics in rows], dtype=np.float64) for name in names}
    if not curves:
        return None
    return Training(found.name, curves, epochs, found.source, tuple(notes), found.validation_images)


def numbered(trainings: Sequence[Training], stem: str) -> list[Training]:
    """Gives the trainings of one source that lack a name one: the source's, or where there are several, a number."""
    if len(trainings) == 1:
        return [trainings[0].named(trainings[0].name or stem)]
    return [
        training.named(training.name or f"{stem}, training {number}") for number, training in enumerate(trainings, 1)
    ]


def _is_validation(name: str) -> bool:
    return name.lower().startswith(("val", "test"))
