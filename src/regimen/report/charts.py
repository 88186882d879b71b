"""The interactive figures of the report, as data for Plotly.

Requirements: every trace says which arm and which kind of line it is, so that the page can show and hide it; numbers
carry no more digits than a screen can show; names may hold anything and are never interpreted.
"""

import html
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from regimen.analysis.arm_errors import ArmErrors, ErrorAnalysis
from regimen.analysis.dose import DoseResponse
from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import say
from regimen.report.curves import Curve, curve, finished, stack
from regimen.report.wording import points, points_range

Chart = dict[str, Any]
"""``data`` (traces), ``layout`` and ``words``, a description for those who cannot see it."""

# Told apart on a light and on a dark ground; the baseline is grey, and every arm has a symbol of its own.
COLOURS = (
    *("#868d96", "#3b82c4", "#d9662c", "#2a9d6f", "#b3559a", "#a87f0c", "#5b6ee1", "#d1495b", "#2b8fa3"),
    *("#7a9b2e", "#9c6b4a"),
)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "triangle-down", "hexagon")
_LONGEST = 18  # letters of a class beside an axis
_LOSS = ("clean_loss", "clean_val_loss", "loss", 1.0, 4)
_ACCURACY = ("clean_acc", "val_acc", "acc", 100.0, 2)

Words = Callable[[str], str]


def colour(index: int) -> str:
    """The colour of an arm; the baseline is arm 0."""
    return COLOURS[0] if index == 0 else COLOURS[1 + (index - 1) % (len(COLOURS) - 1)]


def symbol(index: int) -> str:
    """The marker of an arm."""
    return SYMBOLS[index % len(SYMBOLS)]


def loss_curves(summary: StudySummary, words: Words) -> Chart:
    """Cross-entropy per epoch, training against validation, every arm."""
    title = words(say("cross-entropy, nats"))
    return _curves(summary, words, title, *_LOSS)


def accuracy_curves(summary: StudySummary, words: Words) -> Chart:
    """Accuracy per epoch, training against validation, every arm."""
    title = words(say("accuracy, %"))
    return _curves(summary, words, title, *_ACCURACY)


def gaps(summary: StudySummary, words: Words) -> Chart:
    """The gap at the last epoch, arm by arm, with its interval over seeds."""
    known = [(i, arm) for i, arm in enumerate(summary.arms) if not math.isnan(arm.gap)]
    traces = []
    for index, arm in known:
        found = arm.diagnosis
        error = {}
        if found.gap_low is not None and found.gap_high is not None:
            reach = 100 * (found.gap_high - found.gap_low) / 2
            error = {"error_x": {"type": "data", "array": [round(reach, 2)], "thickness": 2, "width": 6}}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [round(100 * found.gap, 2)],
                "y": [_plain(arm.name)],
                "name": _plain(arm.name),
                "marker": {"color": colour(index), "symbol": symbol(index), "size": 11},
                "hovertemplate": words(_gap_words(arm)) + "<extra></extra>",
                "showlegend": False,
                **error,
            }
        )
    layout = {
        "xaxis": {"title": {"text": words(say("gap, points"))}, "rangemode": "tozero", "zeroline": True},
        "yaxis": {"automargin": True, "autorange": "reversed", "type": "category"},
        "height": 110 + 34 * len(known),
        "hovermode": "closest",
    }
    told = "; ".join(words(say("{arm}: {gap}", arm=arm.name, gap=_gap_words(arm))) for _, arm in known)
    return {"data": traces, "layout": layout, "words": told}


def _curves(
    summary: StudySummary,
    words: Words,
    title: str,
    training: str,
    validation: str,
    as_logged: str,
    scale: float,
    digits: int,
) -> Chart:
    draw = _Lines(words, scale, digits)
    traces = []
    for index, arm in enumerate(summary.arms):
        runs = finished(arm.runs)
        seen, trained, logged = (curve(runs, metric) for metric in (validation, training, as_logged))
        style = {"arm": index, "color": colour(index), "name": arm.name}
        traces += draw.band(seen, **style) if len(runs) > 1 else []
        traces += draw.singles(arm, validation, **style)
        traces += draw.mean(logged, "logged", "dot", say("as Keras logs it"), **style)
        traces += draw.mean(trained, "training", "dash", say("training"), **style)
        traces += draw.mean(seen, "validation", "solid", say("validation"), **style)
        traces += draw.onset(seen, arm.diagnosis.onset, **style)
    layout = {
        "xaxis": {"title": {"text": words(say("epoch"))}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": title}, **_usual_range(summary, (training, validation), scale)},
        "hovermode": "closest",
        "height": 400,
    }
    return {"data": traces, "layout": layout, "words": words(_curve_words(summary, title))}


class _Lines:
    """Traces of one panel of learning curves."""

    def __init__(self, words: Words, scale: float, digits: int) -> None:
        self.words, self.scale, self.digits = words, scale, digits

    def mean(
        self, found: Curve | None, kind: str, dash: str, label: str, *, arm: int, color: str, name: str
    ) -> list[Chart]:
        if found is None:
            return []
        hover = "%{x}: %{y} (%{customdata[0]}–%{customdata[1]})"
        return [
            {
                "type": "scatter",
                "mode": "lines+markers" if kind == "validation" or len(found.epochs) == 1 else "lines",
                "x": found.epochs.tolist(),
                "y": self._numbers(found.mean),
                "customdata": list(zip(self._numbers(found.low), self._numbers(found.high), strict=True)),
                "line": {"color": color, "dash": dash, "width": 2.2 if kind == "validation" else 1.7},
                "marker": {"symbol": symbol(arm), "size": 7, "maxdisplayed": 7},
                "name": f"{_plain(name)}: {self.words(label)}",
                "hovertemplate": f"<b>{_plain(name)}</b>, {self.words(label)}<br>{self.words(say('epoch'))} {hover}"
                "<extra></extra>",
                "meta": {"arm": arm, "kind": kind},
            }
        ]

    def band(self, found: Curve | None, *, arm: int, color: str, name: str) -> list[Chart]:
        """From the lowest to the highest run."""
        if found is None:
            return []
        forth = found.epochs.tolist()
        return [
            {
                "type": "scatter",
                "x": forth + forth[::-1],
                "y": self._numbers(found.high) + self._numbers(found.low)[::-1],
                "fill": "toself",
                "fillcolor": f"{color}26",
                "line": {"width": 0},
                "hoverinfo": "skip",
                "name": _plain(name),
                "meta": {"arm": arm, "kind": "band"},
            }
        ]

    def singles(self, arm_summary: ArmSummary, metric: str, *, arm: int, color: str, name: str) -> list[Chart]:
        """Every run by itself, diverged ones too."""
        epoch = self.words(say("epoch"))
        seeds = {run.seed: self.words(say("seed {seed}", seed=run.seed)) for run in arm_summary.runs}
        return [
            {
                "type": "scatter",
                "mode": "lines",
                "x": list(range(1, values.shape[1] + 1)),
                "y": self._numbers(values[0]),
                "line": {"color": color, "width": 0.9, "dash": "solid" if run.status == "finished" else "dashdot"},
                "opacity": 0.75,
                "name": _plain(name),
                "hovertemplate": f"<b>{_plain(name)}</b>, {seeds[run.seed]}<br>{epoch} %{{x}}: %{{y}}<extra></extra>",
                "meta": {"arm": arm, "kind": "runs"},
            }
            for run in arm_summary.runs
            if (values := stack([run], metric)).size
        ]

    def onset(self, found: Curve | None, epoch: int | None, *, arm: int, color: str, name: str) -> list[Chart]:
        """A mark where overfitting sets in."""
        if found is None or epoch is None or epoch not in found.epochs:
            return []
        at = self._numbers(found.mean[found.epochs == epoch])
        hover = self.words(say("overfits from epoch {epoch} on", epoch=epoch))
        return [
            {
                "type": "scatter",
                "mode": "markers",
                "x": [epoch],
                "y": at,
                "marker": {"symbol": "circle-open", "size": 17, "color": color, "line": {"width": 3}},
                "name": _plain(name),
                "hovertemplate": f"<b>{_plain(name)}</b> {hover}<extra></extra>",
                "meta": {"arm": arm, "kind": "validation"},
            }
        ]

    def _numbers(self, values: Iterable[float]) -> list[float | None]:
        return [None if math.isnan(v) else round(float(self.scale * v), self.digits) for v in values]


def _usual_range(summary: StudySummary, metrics: Sequence[str], scale: float) -> dict[str, Any]:
    """An axis cut above rare peaks that would flatten every other curve; empty where nothing is cut."""
    import numpy as np

    runs = finished([run for arm in summary.arms for run in arm.runs])
    values = np.concatenate([stack(runs, metric).ravel() for metric in metrics])
    values = scale * values[np.isfinite(values)]
    if not values.size:
        return {}
    usual = float(np.percentile(values, 98))
    return {"range": [0, round(1.08 * usual, 4)]} if values.max() > 1.5 * usual > 0 else {}


def _gap_words(arm: ArmSummary) -> str:
    found = arm.diagnosis
    shown = say("{points} points", points=points(found.gap))
    if found.gap_low is None or found.gap_high is None:
        return shown
    return say("{points} points ({interval})", points=points(found.gap), interval=points_range(*_gap_limits(arm)))


def _gap_limits(arm: ArmSummary) -> tuple[float | None, float | None]:
    return arm.diagnosis.gap_low, arm.diagnosis.gap_high


def _curve_words(summary: StudySummary, title: str) -> str:
    return say(
        "Line chart: {metric} by epoch, training and validation, for {arms} arms. The table below has the numbers.",
        metric=title,
        arms=len(summary.arms),
    )


def _plain(name: str) -> str:
    """A name as Plotly shows it to the letter: it reads a little HTML in its labels."""
    return html.escape(name, quote=False)


def doses(found: DoseResponse, words: Words) -> dict[str, Chart]:
    """Gap, validation accuracy and validation loss against the strength of a remedy."""
    return {
        "gap": _dose(found, words, "gap", words(say("gap, points")), 100.0),
        "accuracy": _dose(found, words, "accuracy", words(say("validation accuracy, %")), 100.0),
        "loss": _dose(found, words, "loss", words(say("validation loss, nats")), 1.0),
    }


def _dose(found: DoseResponse, words: Words, name: str, title: str, scale: float) -> Chart:
    known = [dose for dose in found.doses if not math.isnan(getattr(dose, name))]
    middle = [scale * getattr(dose, name) for dose in known]
    limits = [(getattr(dose, f"{name}_low"), getattr(dose, f"{name}_high")) for dose in known]
    reach = [
        (None, None) if low is None else (scale * high - value, value - scale * low)
        for value, (low, high) in zip(middle, limits, strict=True)
    ]
    intervals = ["" if low is None else f" ({scale * low:.3g} – {scale * high:.3g})" for low, high in limits]
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [dose.shown for dose in known],  # evenly spaced: strengths often span decades, and start at 0
        "y": [_digits(value) for value in middle],
        "customdata": intervals,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [_digits(above) for above, _ in reach],
            "arrayminus": [_digits(below) for _, below in reach],
            "thickness": 2,
            "width": 5,
        },
        "line": {"color": COLOURS[1], "width": 2},
        "marker": {"size": 9},
        "hovertemplate": f"{_plain(found.family.parameter)} %{{x}}: %{{y}}%{{customdata}}<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": _plain(f"{found.family.word} {found.family.parameter}")}, "type": "category"},
        "yaxis": {"title": {"text": title}},
        "hovermode": "closest",
        "height": 300,
    }
    told = [f"{dose.shown}: {value:.3g}{limits}" for dose, value, limits in zip(known, middle, intervals, strict=True)]
    return {"data": [trace], "layout": layout, "words": f"{title}. {'; '.join(told)}"}


def reliability(summary: StudySummary, errors: ErrorAnalysis, words: Words) -> Chart:
    """How often each arm is right, against how sure it is."""
    places = {arm.name: index for index, arm in enumerate(summary.arms)}
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 100],
        "y": [0, 100],
        "line": {"color": COLOURS[0], "dash": "dot", "width": 1.5},
        "hoverinfo": "skip",
    }
    traces = [diagonal, *(_reliability(arm, places[arm.name], words) for arm in errors.arms)]
    layout = {
        "xaxis": {"title": {"text": words(say("confidence, %"))}, "range": [0, 103]},
        "yaxis": {"title": {"text": words(say("accuracy, %"))}, "range": [0, 103]},
        "hovermode": "closest",
        "height": 400,
    }
    told = say(
        "Reliability curves of {arms} arms: accuracy against confidence. The sentences below have the numbers.",
        arms=len(errors.arms),
    )
    return {"data": traces, "layout": layout, "words": words(told)}


def _reliability(arm: ArmErrors, index: int, words: Words) -> Chart:
    bins = arm.calibration.bins
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [round(100 * b.confidence, 2) for b in bins],
        "y": [round(100 * b.accuracy, 2) for b in bins],
        "customdata": [round(b.images, 1) for b in bins],
        "line": {"color": colour(index), "width": 1.7},
        "marker": {"symbol": symbol(index), "size": 8},
        "hovertemplate": f"<b>{_plain(arm.name)}</b><br>"
        + words(say("confidence {confidence} %: accuracy {accuracy} %, {images} images per run",
                    confidence="%{x}", accuracy="%{y}", images="%{customdata}"))
        + "<extra></extra>",
        "meta": {"arm": index},
    }  # fmt: skip


def confusion(arm: ArmErrors, names: Sequence[str], words: Words) -> Chart:
    """Which class is taken for which; the diagonal, which is not confused, is left out."""
    counts = arm.confusion  # (K, K)
    totals = counts.sum(axis=1)
    shares = [
        [None if i == j or not totals[i] else round(100 * float(value / totals[i]), 2) for j, value in enumerate(row)]
        for i, row in enumerate(counts)
    ]
    labels = [_plain(name) for name in names]
    short = [_plain(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…") for name in names]
    ticks = {"type": "category", "tickvals": labels, "ticktext": short}
    hover = say(
        "{true} taken for {predicted}: {share} % ({images} images per run)",
        true="%{y}", predicted="%{x}", share="%{z}", images="%{customdata}",
    )  # fmt: skip
    trace = {
        "type": "heatmap",
        "x": labels,
        "y": labels,
        "z": shares,
        "customdata": [[round(float(value), 1) for value in row] for row in counts],
        "colorscale": [[0, "rgba(59,130,196,0.03)"], [1, "rgba(59,130,196,1)"]],
        "zmin": 0,
        "xgap": 1,
        "ygap": 1,
        "colorbar": {"thickness": 12, "ticksuffix": " %"},
        "hoverongaps": False,
        "hovertemplate": words(hover) + "<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": words(say("taken for"))}, "showgrid": False, **ticks},
        "yaxis": {"title": {"text": words(say("class"))}, "autorange": "reversed", "showgrid": False, **ticks},
        "height": 140 + 26 * max(6, len(labels)),
        "hovermode": "closest",
    }
    told = say("Confusions of {arm}. The table beside it has the most frequent.", arm=arm.name)
    return {"data": [trace], "layout": layout, "words": words(told)}


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
