"""Dose–response: what each strength of a remedy does to gap, validation accuracy and validation loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from regimen.analysis.dose import Dose, DoseResponse

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANELS = (
    ("gap", "gap, points", 100.0),
    ("accuracy", "validation accuracy, %", 100.0),
    ("loss", "validation loss, nats", 1.0),
)
_LINE, _BEST = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermilion
_DECADE = 10.0


def dose_curves(responses: Sequence[DoseResponse]) -> "Figure":
    """Draws dose–response curves: one row per family of arms; gap, validation accuracy, validation loss.

    Points are means over seeds, bars their intervals. The arm without the remedy stands at strength 0; strengths that
    span more than one decade stand on a logarithmic axis. The best strength is filled.

    Args:
        responses: at least one.

    Returns:
        A figure with 3 panels per family; gap in points, accuracy in %, cross-entropy in nats.
    """
    from matplotlib.figure import Figure

    rows = len(responses)
    figure = Figure(figsize=(10.0, 2.6 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, len(_PANELS), squeeze=False)
    for row, response in zip(panels, responses, strict=True):
        for panel, (quantity, label, scale) in zip(row, _PANELS, strict=True):
            _panel(panel, response, quantity, scale)
            panel.set_ylabel(label)
            panel.yaxis.label.set_size(9)
            panel.set_xlabel(f"{response.family.word}: {response.family.parameter}", fontsize=9, parse_math=False)
        row[0].set_title(response.family.pattern, loc="left", fontsize=10, fontweight="bold", parse_math=False)
    caption = "Points: mean over seeds. Bars: interval. Filled: the highest validation accuracy. Gap at the last epoch."
    figure.supxlabel(caption, fontsize=8, color="#555555")
    return figure


def spans_decades(strengths: Sequence[float]) -> bool:
    """Whether strengths, zero aside, lie so far apart that they need a logarithmic axis.

    >>> spans_decades([0, 0.1, 0.5]), spans_decades([0, 1e-4, 1e-2])
    (False, True)
    """
    above = [strength for strength in strengths if strength > 0]
    return len(above) > 1 and max(above) / min(above) > _DECADE * (1 + 1e-9)


def _panel(panel: "Axes", response: DoseResponse, quantity: str, scale: float) -> None:
    doses = [dose for dose in response.doses if np.isfinite(getattr(dose, quantity))]
    strengths = [dose.strength for dose in doses]
    values = [scale * getattr(dose, quantity) for dose in doses]
    panel.plot(strengths, values, color=_LINE, linewidth=1.2, alpha=0.6)
    for dose, value in zip(doses, values, strict=True):
        is_best = response.best is not None and dose.arm == response.best.arm
        colour = _BEST if is_best else _LINE
        panel.errorbar(
            *([dose.strength], [value], _reach(dose, quantity, scale)),
            **{"marker": "o", "markersize": 5, "markerfacecolor": colour if is_best else "white"},
            **{"color": colour, "capsize": 3, "linewidth": 1.4},
        )
    _axis(panel, list(response.family.strengths))
    panel.grid(alpha=0.25, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)


def _reach(dose: Dose, quantity: str, scale: float) -> list[list[float]] | None:
    """How far the interval reaches below and above the value, as matplotlib takes it; None without one."""
    value, low, high = (getattr(dose, name) for name in (quantity, f"{quantity}_low", f"{quantity}_high"))
    if low is None or high is None:
        return None
    return [[scale * (value - low)], [scale * (high - value)]]


def _axis(panel: "Axes", strengths: list[float]) -> None:
    """A tick at every strength; logarithmic where they span decades, with zero one step to the left."""
    if spans_decades(strengths):
        smallest = min(strength for strength in strengths if strength > 0)
        if strengths[0] > 0:
            panel.set_xscale("log")
        else:
            panel.set_xscale("symlog", linthresh=smallest, linscale=0.5)
            panel.set_xlim(left=-0.3 * smallest)
    panel.set_xticks(strengths, [f"{strength:.4g}" for strength in strengths])
    panel.set_xticks([], minor=True)
