"""Learning curves of an arm's runs, averaged for drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regimen.analysis.outcomes import RunOutcome


@dataclass(frozen=True, eq=False)
class Curve:
    """A metric of several runs, epoch by epoch; epochs at which no run has a number are left out.

    Attributes:
        epochs: int (E,), 1-based.
        mean: float64 (E,), over the runs that are still going.
        low: the lowest of them.
        high: the highest.
    """

    epochs: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def curve(runs: Sequence[RunOutcome], metric: str) -> Curve | None:
    """The average of a metric over runs; None where no run has a finite number."""
    stacked = stack(runs, metric)  # (n_runs, epochs)
    known = np.isfinite(stacked).any(axis=0)  # no mean of nothing
    if not known.any():
        return None
    shown = stacked[:, known]
    return Curve(
        np.flatnonzero(known) + 1, np.nanmean(shown, axis=0), np.nanmin(shown, axis=0), np.nanmax(shown, axis=0)
    )


def stack(runs: Sequence[RunOutcome], metric: str) -> np.ndarray:
    """float64 (n_runs, longest): NaN after the end of a shorter run and where a value is not finite."""
    curves = [np.asarray(run.history[metric], dtype=np.float64) for run in runs if metric in run.history]
    stacked = np.full((len(curves), max(map(len, curves), default=0)), np.nan)
    for row, values in zip(stacked, curves, strict=True):
        row[: len(values)] = np.where(np.isfinite(values), values, np.nan)
    return stacked


def finished(runs: Sequence[RunOutcome]) -> list[RunOutcome]:
    """The runs whose curves are worth averaging."""
    return [run for run in runs if run.status == "finished"]
