"""The diagnosis of trainings in a terminal, and as HTML in a notebook."""

from collections.abc import Sequence
from html import escape

from rich.console import Console

from regimen.analysis.single_runs import SingleRuns
from regimen.analysis.training_verdict import TrainingDiagnosis
from regimen.language import say, translator
from regimen.report.grid import Grid, print_grid
from regimen.report.training_rows import noted, order_grid, told, verdict_grid
from regimen.report.writer import Writer

_CELL = "padding:.3em .8em;text-align:left"


def print_trainings(
    console: Console, diagnoses: Sequence[TrainingDiagnosis], compared: SingleRuns | None = None, lang: str = "en"
) -> None:
    """Prints what was found in trainings: the answers, a table, what they rest on, and the comparison.

    Args:
        console: where to; its width and encoding are respected.
        diagnoses: of the trainings.
        compared: side by side.
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    write.line()
    print_grid(write, verdict_grid(diagnoses))
    write.line()
    if len(diagnoses) == 1:
        write.line(diagnoses[0].summary, style="bold")
    else:
        for found in diagnoses:
            write.line(found.name, style="bold")
            write.line(found.summary, indent=2)
    if compared is not None:
        write.line()
        write.line(say("Side by side"), style="bold")
        write.line(compared.summary)
        write.line()
        print_grid(write, order_grid(compared))
    write.section(say("To be noted"), noted(diagnoses))
    write.line()


def html_of(diagnoses: Sequence[TrainingDiagnosis], compared: SingleRuns | None, figure: str, lang: str = "en") -> str:
    """The same as a fragment of HTML.

    Args:
        diagnoses: of the trainings.
        compared: side by side.
        figure: an SVG element.
        lang: one of `regimen.language.LANGUAGES`.
    """
    tr = translator(lang)
    paragraphs = [f"<p>{escape(tr(answer))}</p>" for answer in told(diagnoses)]
    parts = [*paragraphs, _html_table(verdict_grid(diagnoses), lang)]
    if compared is not None:
        parts += [f"<p>{escape(tr(compared.summary))}</p>", _html_table(order_grid(compared), lang)]
    notes = "".join(f"<li>{escape(tr(remark))}</li>" for remark in noted(diagnoses))
    # The figure's lines and words are dark, and a notebook's ground may be too.
    drawn = f'<div style="background:#fff;max-width:60em">{figure}</div>'
    return "\n".join([*parts, drawn, f"<ul>{notes}</ul>" if notes else ""])


def _html_table(grid: Grid, lang: str) -> str:
    tr = translator(lang)
    heads = "".join(f'<th style="{_CELL}">{escape(tr(head))}</th>' for head in grid.heads)
    cells = [[f'<td style="{_CELL}">{escape(tr(cell))}</td>' for cell in row] for row in grid.rows]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
