"""Learning curves from plain data: dictionaries and lists, as they are or from JSON."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from regimen.errors import HistoryError
from regimen.histories.study_document import is_study, read_study
from regimen.histories.table import looks_like_curves, read_columns
from regimen.histories.training import Training

_DEEPEST = 6  # levels of nesting that are looked into
_WRAPPERS = {"history", "histories", "runs", "results", "trainings"}  # keys that say nothing about a training


def is_json(text: str) -> bool:
    """Whether a text is JSON, or one JSON value per line."""
    try:
        _parsed(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_json(text: str, source: str) -> list[Training]:
    """The trainings in a JSON document, or in one JSON value per line.

    Raises:
        HistoryError: it is no JSON, or holds no learning curve.
    """
    try:
        data = _parsed(text)
    except (ValueError, RecursionError) as error:
        raise HistoryError(f"{source} is no JSON that can be read: {error}.") from error
    found = read_plain(data, source)
    if not found:
        raise HistoryError(f"{source} is JSON without a learning curve: {_EXPECTED}; it holds {_outline(data)}.")
    return found


def read_plain(data: Any, source: str, name: str = "", depth: int = 0) -> list[Training]:
    """Finds every training in nested plain data.

    Args:
        data: metric → values per epoch (what ``History.history`` holds); metric → {epoch: value} (what pandas'
            ``to_json`` writes); a list with one mapping per epoch; the document of a study; or mappings and lists of
            these.
        source: what to call it.
        name: of the training, where there is only one.
        depth: how deep this is nested.

    Returns:
        The trainings; empty when there is none.

    Raises:
        HistoryError: curves of different length, or without epochs; a study without a finished epoch.
    """
    if depth > _DEEPEST:
        return []
    if is_study(data):
        return read_study(data, source)
    if isinstance(data, Mapping):
        if columns := _columns(data):
            return read_columns(columns, source, name)
        own = ", ".join(filter(None, [name, _label(data)]))
        parts = [(own if str(key) in _WRAPPERS else _joined(own, key), value) for key, value in data.items()]
        return [found for label, value in parts for found in read_plain(value, source, label, depth + 1)]
    if isinstance(data, list | tuple):
        if columns := _records(data):
            return read_columns(columns, source, name)
        return [found for value in data for found in read_plain(value, source, name, depth + 1)]
    return []


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            pass
        raise


def _columns(data: Mapping[Any, Any]) -> dict[str, list[Any]] | None:
    """The curves of a mapping that holds some, without what else is in it."""
    columns = {}
    for key, value in data.items():
        if isinstance(value, np.ndarray):
            value = value.tolist()
        elif isinstance(value, Mapping) and value and all(_is_number(cell) for cell in value.values()):
            value = list(value.values())
        if isinstance(value, list | tuple) and all(_is_cell(cell) for cell in value):
            columns[str(key)] = list(value)
    return columns if looks_like_curves(list(columns)) else None


def _records(data: list[Any] | tuple[Any, ...]) -> dict[str, list[Any]] | None:
    """The columns of a list that holds a mapping per epoch."""
    if not data or not all(isinstance(row, Mapping) for row in data):
        return None
    names = dict.fromkeys(str(key) for row in data for key, cell in row.items() if _is_cell(cell))
    if not looks_like_curves(list(names)):
        return None
    columns = {name: [row.get(name) for row in data] for name in names}
    return {name: cells for name, cells in columns.items() if all(map(_is_cell, cells))}


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | np.number) and not isinstance(value, bool))


def _is_cell(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)


def _label(data: Mapping[Any, Any]) -> str:
    """What a mapping calls itself, beside the curves in it."""
    words = [str(data[key]) for key in ("arm", "name", "model") if isinstance(data.get(key), str)]
    return ", ".join([*words, *(f"{key} {data[key]}" for key in ("seed", "fold") if isinstance(data.get(key), int))])


def _joined(name: str, key: Any) -> str:
    return f"{name}: {key}" if name else str(key)


def _outline(data: Any) -> str:
    if isinstance(data, Mapping):
        keys = ", ".join(repr(str(key)) for key in list(data)[:8])
        return f"the keys {keys}{' and more' if len(data) > 8 else ''}" if keys else "no keys"
    return f"a list of {len(data)}" if isinstance(data, list) else f"{data!r:.60}"


_EXPECTED = 'expected {"loss": [...], "val_loss": [...]} or one record per epoch'
