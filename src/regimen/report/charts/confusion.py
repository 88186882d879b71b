"""Confusions: which class an arm takes for which."""

from collections.abc import Sequence

from regimen.analysis.arm_errors import ArmErrors
from regimen.language import say
from regimen.report.charts.chart import Chart, Words, plain

_LONGEST = 18  # letters of a class beside an axis


def confusion(arm: ArmErrors, names: Sequence[str], words: Words) -> Chart:
    """Which class is taken for which; the diagonal, which is not confused, is left out."""
    counts = arm.confusion  # (K, K)
    totals = counts.sum(axis=1)
    shares = [
        [None if i == j or not totals[i] else round(100 * float(value / totals[i]), 2) for j, value in enumerate(row)]
        for i, row in enumerate(counts)
    ]
    labels = [plain(name) for name in names]
    short = [plain(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…") for name in names]
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
