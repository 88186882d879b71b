"""Dose and response: what the strengths of a remedy do."""

import math

from regimen.analysis.dose import DoseResponse
from regimen.language import say
from regimen.report.charts.chart import COLOURS, Chart, Words, plain, rounded


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
        "x": [plain(dose.shown) for dose in known],  # evenly spaced: strengths often span decades, and start at 0
        "y": [rounded(value) for value in middle],
        "customdata": intervals,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [rounded(above) for above, _ in reach],
            "arrayminus": [rounded(below) for _, below in reach],
            "thickness": 2,
            "width": 5,
        },
        "line": {"color": COLOURS[1], "width": 2},
        "marker": {"size": 9},
        "hovertemplate": f"{plain(found.family.parameter)} %{{x}}: %{{y}}%{{customdata}}<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": plain(f"{found.family.word} {found.family.parameter}")}, "type": "category"},
        "yaxis": {"title": {"text": title}},
        "hovermode": "closest",
        "height": 300,
    }
    told = [f"{dose.shown}: {value:.3g}{limits}" for dose, value, limits in zip(known, middle, intervals, strict=True)]
    return {"data": [trace], "layout": layout, "words": f"{title}. {'; '.join(told)}"}
