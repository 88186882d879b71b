"""The gap between training and validation accuracy, arm by arm."""

import math

from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import say
from regimen.report.charts.chart import Chart, Words, colour, plain, symbol
from regimen.report.wording import points, points_range


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
                "y": [plain(arm.name)],
                "name": plain(arm.name),
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


def _gap_words(arm: ArmSummary) -> str:
    found = arm.diagnosis
    shown = say("{points} points", points=points(found.gap))
    if found.gap_low is None or found.gap_high is None:
        return shown
    return say(
        "{points} points ({interval})", points=points(found.gap), interval=points_range(found.gap_low, found.gap_high)
    )
