"""Which of a training's metrics is its loss, its accuracy, and their values on validation data."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_VALIDATION = re.compile(r"^(?:validation|valid|val)[_ -]+", re.IGNORECASE)
_TEST = re.compile(r"^test[_ -]+", re.IGNORECASE)  # in a table of epochs, what people call their validation part
_TRAINING = re.compile(r"^(?:training|train|tr)[_ -]+", re.IGNORECASE)
_CLEAN = re.compile(r"^clean[_ -]+", re.IGNORECASE)
_ACCURACY = re.compile(r"(?:^|[_ -])acc(?:uracy)?(?:$|[_ -])", re.IGNORECASE)


@dataclass(frozen=True)
class Roles:
    """Names of metrics; None where there is none.

    Attributes:
        loss: training loss as logged.
        val_loss: validation loss as logged, with penalties.
        accuracy: training accuracy as logged, a running mean in training mode.
        val_accuracy: validation accuracy.
        clean_loss: training loss in inference mode, without penalties.
        clean_accuracy: training accuracy in inference mode.
        clean_val_loss: validation loss without penalties.
    """

    loss: str | None = None
    val_loss: str | None = None
    accuracy: str | None = None
    val_accuracy: str | None = None
    clean_loss: str | None = None
    clean_accuracy: str | None = None
    clean_val_loss: str | None = None


def roles(names: Iterable[str]) -> Roles:
    """Tells the metrics of a training apart by their names.

    The accuracy is the first metric with ``acc`` or ``accuracy`` as a word in its name that is measured on validation
    data too; one with ``top`` in its name only when there is no other.

    >>> roles(["sparse_categorical_accuracy", "loss", "val_sparse_categorical_accuracy", "val_loss"]).val_accuracy
    'val_sparse_categorical_accuracy'
    >>> roles(["train_loss", "valid_loss", "train_acc", "valid_acc"]).accuracy
    'train_acc'
    """
    names = list(names)
    validation = _side(names, _VALIDATION) or _side(names, _TEST)
    clean = _side([name for name in names if not _CLEAN.match(name) or _is_clean_training(name)], _CLEAN)
    training = {
        _TRAINING.sub("", name).lower(): name
        for name in names
        if not (_VALIDATION.match(name) or _TEST.match(name) or _CLEAN.match(name))
    }
    known = [name for name in (*training, *validation) if _ACCURACY.search(name)]
    paired = [name for name in known if name in validation and name in training] or known
    accuracy = next(iter([name for name in paired if "top" not in name] or paired), None)
    clean_accuracy = next((clean[name] for name in clean if _ACCURACY.search(name)), None)
    clean_val_loss = next(
        (name for name in names if re.fullmatch(r"clean[_ -]val[_ -]loss", name, re.IGNORECASE)), None
    )
    return Roles(
        loss=training.get("loss"),
        val_loss=validation.get("loss"),
        accuracy=training.get(accuracy),
        val_accuracy=validation.get(accuracy),
        clean_loss=clean.get("loss"),
        clean_accuracy=clean_accuracy,
        clean_val_loss=clean_val_loss,
    )


def _side(names: Sequence[str], prefix: re.Pattern[str]) -> dict[str, str]:
    """Metric → name, of the names with a prefix."""
    return {prefix.sub("", name).lower(): name for name in names if prefix.match(name)}


def _is_clean_training(name: str) -> bool:
    return not _VALIDATION.match(_CLEAN.sub("", name))
