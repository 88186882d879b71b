"""Reliability: how often each arm is right, against how sure it is."""

from regimen.analysis.arm_errors import ArmErrors, ErrorAnalysis
from regimen.analysis.summary import StudySummary
from regimen.language import say
from regimen.report.charts.chart import COLOURS, Chart, Words, colour, plain, symbol


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
        "hovertemplate": f"<b>{plain(arm.name)}</b><br>"
        + words(say("confidence {confidence} %: accuracy {accuracy} %, {images} images per run",
                    confidence="%{x}", accuracy="%{y}", images="%{customdata}"))
        + "<extra></extra>",
        "meta": {"arm": index},
    }  # fmt: skip
