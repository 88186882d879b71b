"""A study in a notebook: the answer, the verdicts as a table, the learning curves."""

import base64
import io
from html import escape

from regimen.analysis.summary import StudySummary
from regimen.language import say
from regimen.report.advice import levels, remarks
from regimen.report.figures import learning_curves, save
from regimen.report.rows import VerdictRow, verdict_rows

# Borders and shades are translucent, so that they suit a light and a dark notebook.
_CELL = "padding:.3em .8em;border-bottom:1px solid rgba(128,128,128,.35);text-align:{align};white-space:nowrap"


def notebook_html(summary: StudySummary, report: str) -> str:
    """A fragment of HTML; needs neither script nor network.

    Args:
        summary: the findings. Names in it may hold anything; they are shown, never interpreted.
        report: where the report is, or how to make it; plain text.
    """
    tested = any(arm.tested for arm in summary.arms)
    headings = [say("arm"), say("validation accuracy, %"), say("gap, points"), say("overfits since epoch")]
    headings += [say("test accuracy, %")] if tested else []
    headings += [say("difference, points"), say("verdict")] if len(summary.arms) > 1 else []
    notes = "".join(f"<li>{escape(remark)}</li>" for remark in remarks(summary))
    rows = "".join(_row(row, summary, tested) for row in verdict_rows(summary))
    curves = say("Learning curves, training against validation, arm by arm")
    return (
        f'<div><p style="max-width:60em"><strong>{escape(summary.headline)}</strong></p>'
        f'<p style="max-width:60em">{escape(summary.answer)}</p>'
        f'<table style="border-collapse:collapse"><thead><tr>{_cells(headings, "th")}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f'<p style="max-width:60em;opacity:.75">{escape(levels(summary))}</p>'
        f"{f'<ul style=max-width:60em>{notes}</ul>' if notes else ''}"
        f'<img alt="{escape(curves)}" style="max-width:100%" src="{_figure(summary)}">'
        f"<p>{escape(report)}</p></div>"
    )


def _row(row: VerdictRow, summary: StudySummary, tested: bool) -> str:
    cells = [row.arm, _with(row.accuracy, row.accuracy_interval), row.gap, row.onset]
    cells += [row.test_accuracy] if tested else []
    if len(summary.arms) > 1:
        cells += [_with(row.difference, row.interval), row.verdict]
    return f"<tr>{_cells(cells, 'td')}</tr>"


def _with(value: str, interval: str) -> str:
    return f"{value} ({interval})" if interval.strip("—") else value


def _cells(texts: list[str], tag: str) -> str:
    """Cells of a row, the first of them a name, the others numbers."""
    aligned = ["left", *["right"] * (len(texts) - 1)]
    return "".join(
        f'<{tag} style="{_CELL.format(align=align)}">{escape(text)}</{tag}>'
        for text, align in zip(texts, aligned, strict=True)
    )


def _figure(summary: StudySummary) -> str:
    """The learning curves as a data URL; PNG, as notebooks shown on the web drop SVG from it."""
    file = io.BytesIO()
    save(learning_curves(summary), file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
