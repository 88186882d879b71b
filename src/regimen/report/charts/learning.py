"""Learning curves: training against validation, every arm."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import say
from regimen.report.charts.chart import Chart, Words, colour, plain, symbol
from regimen.report.curves import Curve, curve, finished, stack

_LOSS = ("clean_loss", "clean_val_loss", "loss", 1.0, 4)
_ACCURACY = ("clean_acc", "val_acc", "acc", 100.0, 2)


def loss_curves(summary: StudySummary, words: Words) -> Chart:
    """Cross-entropy per epoch, training against validation, every arm."""
    title = words(say("cross-entropy, nats"))
    return _curves(summary, words, title, *_LOSS)


def accuracy_curves(summary: StudySummary, words: Words) -> Chart:
    """Accuracy per epoch, training against validation, every arm."""
    title = words(say("accuracy, %"))
    return _curves(summary, words, title, *_ACCURACY)


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
                "name": f"{plain(name)}: {self.words(label)}",
                "hovertemplate": f"<b>{plain(name)}</b>, {self.words(label)}<br>{self.words(say('epoch'))} {hover}"
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
                "mode": "lines",
                "fill": "toself",
                "fillcolor": f"{color}26",
                "line": {"width": 0},
                "hoverinfo": "skip",
                "name": plain(name),
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
                "name": plain(name),
                "hovertemplate": f"<b>{plain(name)}</b>, {seeds[run.seed]}<br>{epoch} %{{x}}: %{{y}}<extra></extra>",
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
                "name": plain(name),
                "hovertemplate": f"<b>{plain(name)}</b> {hover}<extra></extra>",
                "meta": {"arm": arm, "kind": "validation"},
            }
        ]

    def _numbers(self, values: Iterable[float]) -> list[float | None]:
        return [None if math.isnan(v) else round(float(self.scale * v), self.digits) for v in values]


def _usual_range(summary: StudySummary, metrics: Sequence[str], scale: float) -> dict[str, Any]:
    """An axis cut above rare peaks that would flatten every other curve; empty where nothing is cut."""
    runs = finished([run for arm in summary.arms for run in arm.runs])
    values = np.concatenate([stack(runs, metric).ravel() for metric in metrics])
    values = scale * values[np.isfinite(values)]
    if not values.size:
        return {}
    usual = float(np.percentile(values, 98))
    return {"range": [0, round(1.08 * usual, 4)]} if values.max() > 1.5 * usual > 0 else {}


def _curve_words(summary: StudySummary, title: str) -> str:
    return say(
        "Line chart: {metric} by epoch, training and validation, for {arms} arms. The table below has the numbers.",
        metric=title,
        arms=len(summary.arms),
    )
