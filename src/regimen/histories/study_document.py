"""Learning curves from the document that ``regimen study --json`` prints."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regimen.errors import HistoryError
from regimen.histories.table import read_columns
from regimen.histories.training import Training
from regimen.language import plural


def is_study(data: Any) -> bool:
    """Whether plain data is the document of a study: it has runs, each with a status and a history."""
    runs = data.get("runs") if isinstance(data, Mapping) else None
    return isinstance(runs, list) and bool(runs) and all(map(_is_run, runs))


def read_study(data: Mapping[str, Any], source: str) -> list[Training]:
    """The runs of a study; what else the document holds is made from them.

    Args:
        data: the document.
        source: what to call it.

    Returns:
        One training per run that finished an epoch. Numbers that were not finite are null in JSON: in a run that
        diverged they are NaN again.

    Raises:
        HistoryError: no run finished an epoch.
    """
    runs = [run for run in data["runs"] if any(run["history"].values())]
    if not runs:
        raise HistoryError(f"{source} has no learning curve: no run of the study has finished an epoch.")
    trainings = [
        training
        for run in runs
        for training in read_columns(_curves(run), source, f"{run.get('arm', 'run')}, seed {run.get('seed', '?')}")
    ]
    lost = len(data["runs"]) - len(runs)
    if not lost:
        return trainings
    note = plural(
        lost,
        "{number} of {runs} runs ended before its first epoch and is left out.",
        "{number} of {runs} runs ended before their first epoch and are left out.",
        runs=str(len(data["runs"])),
    )
    return [replace(training, notes=(*training.notes, note)) for training in trainings]


def _is_run(run: Any) -> bool:
    return (
        isinstance(run, Mapping)
        and "status" in run
        and isinstance(run.get("history"), Mapping)
        and all(isinstance(values, list) for values in run["history"].values())
    )


def _curves(run: Mapping[str, Any]) -> dict[str, list[Any]]:
    missing = float("nan") if run["status"] == "diverged" else None
    return {name: [missing if value is None else value for value in values] for name, values in run["history"].items()}
