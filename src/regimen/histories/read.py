"""Reads learning curves of any kind: finds out what a source is, and asks the reader of its kind."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regimen.errors import HistoryError
from regimen.histories.keras_history import is_history, read_history
from regimen.histories.notebook import read_notebook
from regimen.histories.plain import is_json, read_json, read_plain
from regimen.histories.progress import read_progress
from regimen.histories.table import is_csv, read_columns, read_csv
from regimen.histories.text import decode
from regimen.histories.training import Training, numbered

STANDARD_INPUT = "-"
_EXPECTED = (
    "a Keras History, its dictionary, a pandas table, a list or dictionary of these, or the path of a file: JSON or "
    "CSV of a History, a notebook, or text with Keras' progress output"
)


def read(source: Any) -> list[Training]:
    """Reads every training in a source.

    Args:
        source: a Keras History or its dictionary; a pandas DataFrame; a `Training`; the path of a file, or ``"-"`` for
            standard input; text of more than one line; or a list, or a dictionary by name, of any of these.

    Returns:
        At least one training; their names differ.

    Raises:
        HistoryError: nothing that can be read, or no training in it; names what was looked for and what was found.
    """
    return _distinct(_read(source, "the data"))


def _read(source: Any, called: str) -> list[Training]:
    if isinstance(source, Training):
        return [source]
    if is_history(source):
        return numbered(_found(read_history(source, called), called), _stem(called))
    if hasattr(source, "columns") and hasattr(source, "reset_index"):
        return numbered(_found(_frame(source, called), called), _stem(called))
    if isinstance(source, Path):
        return _file(source)
    if isinstance(source, str):
        return numbered(_text(source, "the text"), "text") if "\n" in source else _file(Path(source))
    if isinstance(source, Mapping) and _of_sources(source.values()):
        return [training for name, part in source.items() for training in _under(str(name), _read(part, str(name)))]
    if isinstance(source, list | tuple) and len(source) == 1 and _of_sources(source):
        return _read(source[0], called)
    if isinstance(source, list | tuple) and _of_sources(source):
        return [
            training
            for label, part in zip(_labels(source), source, strict=True)
            for training in _under(label, _read(part, label))
        ]
    found = read_plain(source, called)
    if not found:
        raise HistoryError(f"There is no learning curve in {_kind(source)}. Expected {_EXPECTED}.")
    return numbered(found, _stem(called))


def _file(path: Path) -> list[Training]:
    if str(path) == STANDARD_INPUT:
        return numbered(_text(decode(sys.stdin.buffer.read(), "Standard input"), "Standard input"), "standard input")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise HistoryError(f"There is no file {str(path)!r}. Expected {_EXPECTED}.") from error
    except IsADirectoryError as error:
        raise HistoryError(
            f"{str(path)!r} is a folder. Expected files: JSON or CSV of a Keras History, a notebook, or text with "
            "Keras' progress output."
        ) from error
    except (OSError, ValueError) as error:
        raise HistoryError(f"{str(path)!r} cannot be read: {error}.") from error
    return numbered(_text(decode(data, str(path)), str(path), path.suffix.lower()), path.stem)


def _text(text: str, source: str, suffix: str = "") -> list[Training]:
    """By the file's name first, then by what it begins with."""
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if suffix == ".ipynb":
        return read_notebook(text, source)
    if suffix in (".json", ".jsonl"):
        return _json(text, source)
    if suffix in (".csv", ".tsv") or is_csv(text):
        return _found(read_csv(text, source), source)
    found = read_progress(text, source)
    if found:
        return found
    if begins in ("{", "[") and is_json(text):
        return _json(text, source)
    lines = text.count("\n") + 1
    raise HistoryError(
        f"{source} holds no progress of a Keras training: in {lines:,} line{'' if lines == 1 else 's'} there is no "
        'epoch with metrics, such as "Epoch 1/30" followed by "1094/1094 [====] - 5s - loss: 1.2 - val_loss: 1.1". It '
        "is no CSV with a column like val_loss either. Train with model.fit(..., verbose=1 or 2)."
    )


def _json(text: str, source: str) -> list[Training]:
    """JSON of a History, unless it is a notebook under another name."""
    if '"cell_type"' in text:
        return read_notebook(text, source)
    return read_json(text, source)


def _frame(frame: Any, called: str) -> list[Training]:
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return read_columns({str(column): frame[column].tolist() for column in frame.columns}, called)


def _found(trainings: list[Training], source: str) -> list[Training]:
    if not trainings:
        raise HistoryError(f"{source} holds no epoch with a metric. Expected {_EXPECTED}.")
    return trainings


def _of_sources(parts: Any) -> bool:
    """Whether all are sources themselves, rather than curves."""
    parts = list(parts)
    return bool(parts) and all(
        isinstance(part, Training | Path | str) or is_history(part) or hasattr(part, "reset_index") for part in parts
    )


def _labels(sources: Sequence[Any]) -> list[str]:
    """What to call each of several sources: files by their name, by their path where names are shared."""
    paths = [Path(part) if isinstance(part, str) and "\n" not in part else part for part in sources]
    stems = Counter(path.stem for path in paths if isinstance(path, Path))
    return [
        (path.stem if stems[path.stem] == 1 else str(path))
        if isinstance(path, Path)
        else path.name
        if isinstance(path, Training)
        else f"training {number}"
        for number, path in enumerate(paths, 1)
    ]


def _under(name: str, trainings: Sequence[Training]) -> list[Training]:
    """Trainings of one of several sources: the source's name goes before theirs."""
    if len(trainings) == 1:
        return [trainings[0].named(name)]
    return [
        training if training.name.startswith(name) else training.named(f"{name}: {training.name}")
        for training in trainings
    ]


def _distinct(trainings: Sequence[Training]) -> list[Training]:
    """Names that differ, by number where they do not."""
    counts, seen, named = Counter(training.name for training in trainings), Counter(), []
    for training in trainings:
        seen[training.name] += 1
        again = counts[training.name] > 1
        named.append(training.named(f"{training.name} ({seen[training.name]})") if again else training)
    return named


def _stem(called: str) -> str:
    return "training" if called == "the data" else called


def _kind(source: Any) -> str:
    if isinstance(source, Mapping):
        return f"a dictionary with the keys {', '.join(repr(str(key)) for key in list(source)[:8])}"
    return f"what was received, a {type(source).__name__}: {str(source)!r:.60}"
