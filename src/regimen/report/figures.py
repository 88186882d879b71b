"""The figure known from notebooks, arm by arm: training against validation, loss and accuracy.

Figures are built without pyplot: no window, no global state, nothing to close. Matplotlib is imported when a figure
is drawn.
"""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.report.curves import curve, finished, stack
from regimen.report.fonts import add_hangul
from regimen.report.wording import count_runs, points, points_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's blue and vermilion, told apart by people who are colour-blind; dashes tell them apart in grey.
_TRAINING = {"color": "#0072B2", "linestyle": (0, (5, 1.5))}
_VALIDATION = {"color": "#D55E00", "linestyle": "-"}
_AS_LOGGED = {"color": "#0072B2", "linestyle": ":", "alpha": 0.55, "linewidth": 1.2}
_LOSS, _ACCURACY = ("clean_loss", "clean_val_loss", "loss", 1.0), ("clean_acc", "val_acc", "acc", 100.0)


def learning_curves(summary: StudySummary) -> "Figure":
    """Draws the learning curves of a study: one row per arm, loss on the left, accuracy on the right.

    All rows share their axes, so that arms can be compared. Lines are means over the finished runs that are still
    going at an epoch, bands reach from the lowest to the highest of them. Diverged runs are drawn thin, one by one.

    Args:
        summary: the findings.

    Returns:
        A figure with 2 panels per arm; cross-entropy in nats, accuracy in %, epochs from 1.
    """
    from matplotlib.figure import Figure

    rows = len(summary.arms)
    figure = Figure(figsize=(9.5, 2.3 * rows + 1.2), layout="constrained")
    panels = figure.subplots(rows, 2, sharex=True, sharey="col", squeeze=False)
    for (left, right), arm in zip(panels, summary.arms, strict=True):
        _panel(left, arm, *_LOSS)
        _panel(right, arm, *_ACCURACY)
        left.set_ylabel("cross-entropy, nats")
        right.set_ylabel("accuracy, %")
        left.set_title(_title(arm), loc="left", fontsize=10, fontweight="bold", parse_math=False)
        right.set_title(_gap(arm), loc="right", fontsize=9, parse_math=False)
    for panel in panels[-1]:
        panel.set_xlabel("epoch")
    cut = _limit_loss(panels[0, 0], summary)
    legend(figure, panels, columns=3)
    figure.supxlabel(_caption(cut), fontsize=8, color="#555555")
    add_hangul(figure)
    return figure


def save_png(summary: StudySummary, path: str | os.PathLike[str]) -> None:
    """Writes the learning curves as a PNG image, completely or not at all.

    Args:
        summary: the findings.
        path: of the file; it is replaced if it exists.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            save(learning_curves(summary), file, "png")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def save(figure: "Figure", file: BinaryIO, kind: str) -> None:
    """Writes a figure as ``"png"`` or, with a transparent ground and the same bytes every time, ``"svg"``."""
    import matplotlib as mpl

    with warnings.catch_warnings(), mpl.rc_context({"svg.hashsalt": "regimen", "svg.fonttype": "path"}):
        # The font of matplotlib lacks, say, Chinese: a box in the figure then, not a warning to every user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        options = {"metadata": {"Date": None, "Creator": None}, "transparent": True} if kind == "svg" else {"dpi": 120}
        figure.savefig(file, format=kind, **options)


def _panel(panel: "Axes", arm: ArmSummary, training: str, validation: str, as_logged: str, scale: float) -> None:
    runs = finished(arm.runs)
    lines = [
        (training, "training (inference mode, without penalties)", _TRAINING),
        (validation, "validation", _VALIDATION),
        (as_logged, "training mode, as Keras logs it", _AS_LOGGED),
    ]
    for metric, label, style in lines:
        found = curve(runs, metric)
        if found is None:
            continue
        marker = "o" if len(found.epochs) == 1 else ""
        settings = {"linewidth": 1.6, "marker": marker, **style}
        panel.plot(found.epochs, scale * found.mean, label=label, **settings)
        if len(runs) > 1 and metric != as_logged:
            low, high = scale * found.low, scale * found.high
            panel.fill_between(found.epochs, low, high, color=style["color"], alpha=0.18, linewidth=0)
    for run in arm.runs:
        if run.status == "diverged":
            for metric, _, style in lines[:2]:
                alone = scale * stack([run], metric).ravel()
                label = "diverged runs, not in the means"
                settings = {**style, "linewidth": 0.8, "alpha": 0.6}
                panel.plot(np.arange(1, len(alone) + 1), alone, label=label, **settings)
    if arm.diagnosis.onset is not None:
        label = "overfits from here on"
        panel.axvline(arm.diagnosis.onset, color="#444444", linewidth=1, linestyle="-.", label=label)
    panel.grid(alpha=0.25, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
    panel.yaxis.label.set_size(9)
    _whole_epochs(panel)


def _whole_epochs(panel: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    panel.set_xlim(left=0.5)


def _limit_loss(panel: "Axes", summary: StudySummary) -> bool:
    """Cuts the shared loss axis above rare peaks that would flatten every other curve; says whether it did."""
    runs = finished([run for arm in summary.arms for run in arm.runs])
    values = np.concatenate([stack(runs, metric).ravel() for metric in _LOSS[:3]])
    values = values[np.isfinite(values)]
    if not values.size:
        return False
    usual = float(np.percentile(values, 98))
    cut = bool(values.max() > 1.5 * usual > 0)
    panel.set_ylim(0, 1.08 * (usual if cut else values.max()) or 1.0)
    return cut


def legend(figure: "Figure", panels: np.ndarray, columns: int) -> None:
    """One legend above all panels, each kind of line once."""
    known = {}
    for panel in panels.flat:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    if known:
        place = {"loc": "outside upper center", "ncols": columns, "fontsize": 8.5, "frameon": False, "handlelength": 3}
        figure.legend(known.values(), known.keys(), **place)


def _caption(cut: bool) -> str:
    words = "Lines: mean over the runs still going. Bands: lowest to highest run."
    return f"{words} The loss axis is cut above rare peaks." if cut else words


def _title(arm: ArmSummary) -> str:
    onset = arm.diagnosis.onset
    return arm.name if onset is None else f"{arm.name}: overfits from epoch {onset} on"


def _gap(arm: ArmSummary) -> str:
    found = arm.diagnosis
    if found.gap != found.gap:  # NaN: unknown
        return count_runs(len(arm.runs))
    interval = "" if found.gap_low is None else f" ({points_range(found.gap_low, found.gap_high)})"
    return f"{count_runs(len(arm.runs))}, gap at the end {points(found.gap)} points{interval}"
