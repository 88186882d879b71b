"""Learning curves from the saved outputs of a Jupyter notebook."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from regimen.errors import HistoryError
from regimen.histories.progress import read_progress
from regimen.histories.training import Training


def is_notebook(data: Any) -> bool:
    """Whether plain data is a notebook, of version 4 or 3."""
    return isinstance(data, Mapping) and (
        isinstance(data.get("cells"), list) or isinstance(data.get("worksheets"), list)
    )


def read_notebook(text: str, source: str) -> list[Training]:
    """The trainings in the outputs of a notebook, named after their cells.

    Args:
        text: the notebook's JSON.
        source: what to call it.

    Raises:
        HistoryError: it is no notebook, has no saved output, or no progress of a training in them.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HistoryError(f"{source} is no notebook that can be read: {error}.") from error
    if not is_notebook(data):
        raise HistoryError(f"{source} is no notebook: its JSON has neither cells nor worksheets.")
    found, outputs, cells = [], 0, 0
    for number, cell in _code_cells(data):
        cells += 1
        printed = _printed(cell)
        outputs += bool(printed)
        for part in printed:
            trainings = read_progress(part, f"{source}, cell {number}")
            found += _named(trainings, number)
            if trainings:
                break  # standard error repeats nothing
    if not found:
        saved = f"{outputs} of its {cells} code cells have" if outputs else f"none of its {cells} code cells has"
        raise HistoryError(
            f"{source} holds no progress of a training: {saved} saved text. Run the notebook with "
            "model.fit(..., verbose=1 or 2), save it with its outputs, and try again."
        )
    return found


def _code_cells(data: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Code cells with their place among all cells, from 1."""
    sheets = data.get("worksheets") or [data]
    cells = [cell for sheet in sheets if isinstance(sheet, Mapping) for cell in sheet.get("cells") or []]
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, Mapping) and cell.get("cell_type") == "code":
            yield number, cell


def _printed(cell: Mapping[str, Any]) -> list[str]:
    """What a cell printed, to standard output first. A warning between two pieces of a bar would cut it in two."""
    streams: dict[str, str] = {"stdout": "", "stderr": ""}
    for output in cell.get("outputs") or []:
        if not isinstance(output, Mapping):
            continue
        data = output.get("data")
        text = output.get("text", data.get("text/plain") if isinstance(data, Mapping) else None)
        if isinstance(text, list):
            text = "".join(line for line in text if isinstance(line, str))
        if isinstance(text, str):
            stream = "stderr" if output.get("name", output.get("stream")) == "stderr" else "stdout"
            streams[stream] += text
    return [text for text in streams.values() if text.strip()]


def _named(trainings: list[Training], cell: int) -> list[Training]:
    if len(trainings) == 1:
        return [trainings[0].named(f"cell {cell}")]
    return [training.named(f"cell {cell}, training {number}") for number, training in enumerate(trainings, 1)]
