"""The report of a study: one HTML file that needs nothing else, neither network nor script."""

import base64
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.diagnosis import FEWEST_EPOCHS, LARGEST_GAP, NOISES
from regimen.analysis.summary import StudySummary
from regimen.language import join
from regimen.report.advice import levels, next_steps, remarks
from regimen.report.details import StudyDetails
from regimen.report.figures import learning_curves, save
from regimen.report.rows import run_rows, verdict_rows
from regimen.report.span import Span
from regimen.report.wording import count_arms, count_seeds, count_validation_images, level_percent, points, points_range

_SIGNS = {
    Verdict.HELPS: "▲",
    Verdict.HURTS: "▼",
    Verdict.EQUIVALENT: "≈",
    Verdict.IDENTICAL: "=",
    Verdict.CANNOT_TELL: "?",
    Verdict.NONE: "∅",
}


def write_html(path: str | os.PathLike[str], summary: StudySummary, details: StudyDetails) -> None:
    """Writes the report, completely or not at all.

    Args:
        path: of the file; it is replaced if it exists.
        summary: the findings.
        details: the circumstances. Text in it may hold anything; it is shown, never interpreted.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        partial.write_text(render(summary, details), encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def render(summary: StudySummary, details: StudyDetails) -> str:
    """The report as a string of HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("regimen.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = lambda words: words.replace(" %", "\u00a0%")  # 95 and % on one line
    rows = verdict_rows(summary)
    span = Span.of([row.comparison for row in rows if row.comparison], summary.margin)
    return environment.get_template("report.html.j2").render(
        summary=summary,
        details=details,
        rows=rows,
        runs=run_rows(summary),
        drawings={row.arm: _Drawing.of(row.comparison, span) for row in rows if row.comparison},
        axis=_Axis.of(span, summary.margin),
        signs={str(verdict): sign for verdict, sign in _SIGNS.items()},
        levels=levels(summary),
        remarks=remarks(summary),
        steps=next_steps(summary),
        has_tests=any(arm.test_accuracy is not None for arm in summary.arms),
        receipts=_receipts(details.receipts),
        figure=_figure(summary),
        figure_words=_figure_words(summary),
        size=join(
            [
                count_arms(len(summary.arms)),
                count_seeds(len(summary.seeds)),
                count_validation_images(summary.validation_images),
            ],
            ", ",
        ),
        margin=points(summary.margin, signed=False),
        level=level_percent(summary.level),
        largest_gap=points(LARGEST_GAP, signed=False),
        noises=f"{NOISES:g}",
        fewest_epochs=FEWEST_EPOCHS,
    )


@dataclass(frozen=True)
class _Axis:
    """The axis of differences; positions in percent of its width."""

    zero: float
    margin_left: float
    margin_right: float
    low: str
    high: str

    @classmethod
    def of(cls, span: Span, margin: float) -> "_Axis":
        return cls(_x(span, 0.0), _x(span, -margin), _x(span, margin), points(span.low), points(span.high))


@dataclass(frozen=True)
class _Drawing:
    """One interval on the axis; None where there is nothing to draw, or where an end lies beyond the axis."""

    mean: float | None
    low: float | None
    high: float | None
    cut_low: bool
    cut_high: bool
    per_seed: tuple[float, ...]
    words: str

    @classmethod
    def of(cls, found: Comparison, span: Span) -> "_Drawing":
        known = found.difference == found.difference  # else NaN
        interval = "no interval" if found.low is None else f"interval {points_range(found.low, found.high)}"
        words = f"{points(found.difference)} points, {interval}" if known else "nothing to compare"
        return cls(
            mean=_x(span, found.difference) if known and span.holds(found.difference) else None,
            low=None if found.low is None else _x(span, found.low),
            high=None if found.high is None else _x(span, found.high),
            cut_low=found.low is not None and not span.holds(found.low),
            cut_high=found.high is not None and not span.holds(found.high),
            per_seed=tuple(_x(span, value) for value in found.per_seed if span.holds(value)),
            words=words,
        )


def _x(span: Span, value: float) -> float:
    """Percent of the width, two of them left free at either end."""
    return round(2 + 96 * span.position(value), 2)


def _receipts(receipts: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return [(arm, lines) for arm, lines in receipts.items() if lines]


def _figure(summary: StudySummary) -> str:
    """The learning curves as a data URL."""
    file = io.BytesIO()
    save(learning_curves(summary), file, "svg")
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _figure_words(summary: StudySummary) -> str:
    """What the figure shows, for those who cannot see it."""
    found = []
    for arm in summary.arms:
        onset = arm.diagnosis.onset
        overfits = f"overfits from epoch {onset} on" if onset is not None else "shows no clear overfitting"
        if arm.diagnosis.overfits is None:
            overfits = "cannot be judged"
        found.append(f"{arm.name} {overfits}, gap at the end {points(arm.gap)} points")
    return f"Learning curves, loss and accuracy per epoch, training against validation. {'; '.join(found)}."
