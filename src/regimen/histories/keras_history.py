"""Learning curves from what ``model.fit`` returns."""

from collections.abc import Mapping
from typing import Any

from regimen.histories.table import read_columns
from regimen.histories.training import Training


def is_history(source: Any) -> bool:
    """Whether an object has curves as a Keras History has them; it need not be one."""
    return isinstance(getattr(source, "history", None), Mapping)


def read_history(history: Any, source: str) -> list[Training]:
    """The training in a Keras History.

    Args:
        history: has ``history``, metric → values per epoch, and perhaps ``epoch``, numbers counted from 0.
        source: what to call it.

    Raises:
        HistoryError: curves of different length, or no epoch.
    """
    curves = {str(name): list(values) for name, values in history.history.items()}
    epochs = getattr(history, "epoch", None)
    if isinstance(epochs, list) and curves and all(len(values) == len(epochs) for values in curves.values()):
        curves = {"epoch": [epoch + 1 for epoch in epochs], **curves}
    return read_columns(curves, source)
