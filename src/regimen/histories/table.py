"""Learning curves from a table: CSV of ``CSVLogger`` or of others, a pandas DataFrame, columns by name."""

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from regimen.errors import HistoryError
from regimen.histories.training import Rows, Training, assemble

_CURVE = re.compile(r"loss|^val(?:id|idation)?[_ -]", re.IGNORECASE)
_EPOCH = {"epoch", "epochs"}
_UNNAMED = {"", "index", "unnamed: 0"}  # what an index is called once it is saved
_RUNS = {"arm", "run", "model", "name", "seed", "fold", "trial", "repeat", "experiment", "variant"}
_MISSING = {"", "na", "n/a", "none", "null"}  # CSVLogger writes NA where nothing was measured; nan is a value
_MARKS = {"true", "false", "yes", "no", ""}
_SEPARATORS = ",;\t|"


def read_csv(text: str, source: str) -> list[Training]:
    """The trainings in a table saved as text, columns separated by commas, semicolons, tabs or bars.

    Raises:
        HistoryError: no column is a learning curve, or there is no row.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise HistoryError(f"{source} is empty: expected a line with the names of columns, and one per epoch.")
    separator = _separator(lines[0])
    try:
        header, *rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    except csv.Error as error:
        raise HistoryError(f"{source} is no table: {error}.") from error
    names = [name.strip().lstrip("#").strip() for name in header]
    if not looks_like_curves(names):
        raise HistoryError(
            f"{source} has no learning curve: expected columns like loss and val_loss, one row per epoch; "
            f"its columns are {', '.join(map(repr, names[:12]))}{' and more' if len(names) > 12 else ''}."
        )
    if not rows:
        raise HistoryError(f"{source} has the columns {', '.join(names[:12])} and no epoch below them.")
    comma = separator != ","
    cells = [
        [cell.replace(",", ".") if comma else cell for cell in row] + [""] * (len(names) - len(row)) for row in rows
    ]
    return read_columns({name: [row[i] for row in cells] for i, name in enumerate(names)}, source)


def is_csv(text: str) -> bool:
    """Whether the first line names columns of which one is a learning curve, so that a file of any name is known."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    names = [name.strip() for name in first.split(_separator(first))]
    return len(names) > 1 and all(re.fullmatch(r"[#\w .%()/-]*", name) for name in names) and looks_like_curves(names)


def looks_like_curves(names: Sequence[str]) -> bool:
    """Whether one of these is the name of a loss or of a validation metric."""
    return any(_CURVE.search(name.strip()) for name in names)


def read_columns(columns: Mapping[str, Sequence[Any]], source: str, name: str = "") -> list[Training]:
    """The trainings in a table.

    Columns with a name like ``arm`` or ``seed`` tell trainings apart; so do epochs that begin again, and other columns
    of words if epochs begin again wherever a new word appears. Without epochs, words tell trainings apart unless they
    are ``True`` and ``False``. Epochs counted from 0, as ``CSVLogger`` does, are counted from 1.

    Args:
        columns: name → a value per row; None, NaN in words and empty text are missing values. Lists of words of another
            length, such as names of classes, are left alone.
        source: what to call it.
        name: of the trainings.

    Raises:
        HistoryError: columns of different length, no rows.
    """
    numbers = {column: _numbers(values) for column, values in columns.items()}
    words = _words(columns, numbers)
    rows = {len(values) for column, values in columns.items() if column not in words}
    aside = {column for column in words if rows and len(columns[column]) not in rows}
    columns = {column: values for column, values in columns.items() if column not in aside}
    lengths = {column: len(values) for column, values in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{column} {length}" for column, length in list(lengths.items())[:6])
        raise HistoryError(
            f"{source}{f' ({name})' if name else ''} holds curves of different length: {shown}. One value per epoch is "
            "needed. Where validation ran only every few epochs (validation_freq), use the file that Keras' CSVLogger "
            "writes, or the console log."
        )
    epochs = _epoch_column(numbers)
    labels = _labels(columns, words, numbers[epochs] if epochs else None)
    metrics = [column for column, values in numbers.items() if values and column not in labels and column != epochs]
    count = next(iter(lengths.values()), 0)
    if not count:
        raise HistoryError(f"{source} has the curves {', '.join(columns)} and no epoch in them.")
    return _trainings(numbers, epochs, metrics, _names(columns, labels, count), source, name)


def _trainings(
    numbers: Mapping[str, list[float | None]],
    epochs: str | None,
    metrics: Sequence[str],
    names: Sequence[str],
    source: str,
    stem: str,
) -> list[Training]:
    known = [value for value in numbers[epochs] if value is not None and math.isfinite(value)] if epochs else []
    first = 1 - int(min(known)) if known and min(known) == 0 else 0
    groups: dict[str, list[Rows]] = {}
    for row, name in enumerate(names):
        runs = groups.setdefault(name, [])
        value = numbers[epochs][row] if epochs else None
        epoch = int(value) + first if value is not None and math.isfinite(value) else _next(runs)
        if not runs or (runs[-1].rows and epoch <= runs[-1].rows[-1][0]):
            label = ": ".join(filter(None, [stem, name]))
            runs.append(Rows(label, f"{source}, row {row + 1}"))
        found = {metric: numbers[metric][row] for metric in metrics}
        runs[-1].rows.append((epoch, {metric: value for metric, value in found.items() if value is not None}))
    for runs in groups.values():
        if len(runs) > 1 and runs[0].name:
            for number, rows in enumerate(runs, 1):
                rows.name = f"{rows.name}, training {number}"
    trainings = (assemble(rows) for runs in groups.values() for rows in runs)
    return [training for training in trainings if training is not None]


def _next(runs: Sequence[Rows]) -> int:
    return runs[-1].rows[-1][0] + 1 if runs and runs[-1].rows else 1


def _numbers(values: Sequence[Any]) -> list[float | None] | None:
    """The values as numbers, None where missing; None if they are no numbers or all missing."""
    found = []
    for value in values:
        if _is_missing(value):
            found.append(None)
            continue
        try:
            found.append(float(value))
        except (TypeError, ValueError, OverflowError):
            return None
    return found if any(value is not None for value in found) else None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _MISSING)


def _words(columns: Mapping[str, Sequence[Any]], numbers: Mapping[str, Any]) -> set[str]:
    """Columns of words, rather than of numbers or of nothing."""
    return {
        column for column, values in columns.items() if numbers[column] is None and not all(map(_is_missing, values))
    }


def _epoch_column(numbers: Mapping[str, list[float | None] | None]) -> str | None:
    for names in (_EPOCH, _UNNAMED):
        for column, values in numbers.items():
            if column.lower() in names and values and _whole(values):
                return column
    return None


def _whole(values: Sequence[float | None]) -> bool:
    return all(value is None or (0 <= value < 1e9 and value == int(value)) for value in values)


def _labels(
    columns: Mapping[str, Sequence[Any]], words: Collection[str], epochs: Sequence[float | None] | None
) -> list[str]:
    """Columns that tell trainings apart. One that differs in every row, such as a time, tells nothing."""
    found = []
    for column, values in columns.items():
        few = len(values) < 2 or len(set(map(str, values))) < len(values)
        if column.lower() in _RUNS or (column in words and few and _are_names(list(map(str, values)), epochs)):
            found.append(column)
    return found


def _are_names(words: Sequence[str], epochs: Sequence[float | None] | None) -> bool:
    """Whether words name trainings rather than describe epochs, as a time or a mark on the best ones does."""
    if epochs is None:
        return not {word.lower() for word in words} <= _MARKS
    first = {word: row for row, word in reversed(list(enumerate(words)))}
    known = [(epochs[row - 1], epochs[row]) for row in first.values() if row]
    return all(before is not None and epoch is not None and epoch <= before for before, epoch in known)


def _names(columns: Mapping[str, Sequence[Any]], labels: Sequence[str], count: int) -> list[str]:
    """The name of the training that each row belongs to."""
    words = [
        [
            str(value)
            if _is_word(value)
            else f"{column} {value:g}"
            if isinstance(value, float)
            else f"{column} {value}"
            for value in columns[column]
        ]
        for column in labels
    ]
    return [", ".join(parts) for parts in zip(*words, strict=True)] if words else [""] * count


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and not re.fullmatch(r"[\d.]+", value)


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)
