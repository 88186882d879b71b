"""The report of a study: one HTML file that needs nothing else, and no network."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regimen.analysis.arm_errors import worth_a_picture
from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.summary import StudySummary
from regimen.language import say
from regimen.report import charts
from regimen.report.advice import levels, next_steps, remarks
from regimen.report.cards import FAMILY_TITLES
from regimen.report.content import Content
from regimen.report.curves import curve, finished
from regimen.report.details import code_text
from regimen.report.methods import SOURCES, methods, verdict_rules
from regimen.report.mistakes import SHOWN, change_caption, describe, mistake_caption
from regimen.report.pictures import data_urls
from regimen.report.rows import run_rows, study_size, verdict_rows
from regimen.report.span import Span
from regimen.report.templating import environment, phrases
from regimen.report.wording import (
    level_percent,
    percent,
    points,
    points_range,
    verdict_word,
)

_SIGNS = {
    Verdict.HELPS: "▲",
    Verdict.HURTS: "▼",
    Verdict.EQUIVALENT: "≈",
    Verdict.IDENTICAL: "=",
    Verdict.CANNOT_TELL: "?",
    Verdict.NONE: "∅",
}
_FEW_CLASSES = 30  # of more, a table of the most frequent confusions says more than a figure
_MOST_PICTURES = 150
_FEW_ARMS = 4  # so many curves can be read in one figure; of more, the baseline and the best are shown at first


def write_html(path: str | os.PathLike[str], content: Content, lang: str = "en") -> None:
    """Writes the report, completely or not at all.

    Args:
        path: of the file; it is replaced if it exists.
        content: what it shows. Text in it may hold anything; it is shown, never interpreted.
        lang: one of `regimen.language.LANGUAGES`.

    Raises:
        OptionError: there is no such language.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    page = render(content, lang)
    try:
        partial.write_text(page, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def render(content: Content, lang: str = "en") -> str:
    """The report as a string of HTML."""
    from plotly.offline import get_plotlyjs

    summary, details = content.summary, content.details
    words = phrases(lang)
    rows = verdict_rows(summary)
    span = Span.of([row.comparison for row in rows if row.comparison], summary.margin)
    figures, choices = _figures(content, words)
    return (
        environment(words)
        .get_template("report.html.j2")
        .render(
            lang=lang,
            summary=summary,
            details=details,
            size=study_size(summary),
            rows=rows,
            compared=len(rows) > 1,
            verdicts={arm.name: _verdict(arm.comparison) for arm in summary.arms},
            last_verdicts={arm.name: _verdict(arm.comparison_last) for arm in summary.arms},
            test_verdicts={arm.name: _verdict(arm.tested and arm.tested.comparison) for arm in summary.arms},
            runs=run_rows(summary),
            drawings={row.arm: _Drawing.of(row.comparison, span, words) for row in rows if row.comparison},
            axis=_Axis.of(span, summary.margin),
            levels=levels(summary),
            level=level_percent(summary.level),
            margin=points(summary.margin, signed=False),
            remarks=[*remarks(summary), *details.notes],
            steps=next_steps(summary),
            has_tests=any(arm.test_accuracy is not None for arm in summary.arms),
            shown_first=_shown_first(summary),
            colours=[charts.colour(index) for index in range(len(summary.arms))],
            longest=max((len(run.history.get("loss", ())) for arm in summary.arms for run in arm.runs), default=1) or 1,
            curve_rows=_curve_rows(summary),
            receipts=_receipts(details.receipts),
            families=FAMILY_TITLES,
            methods=methods(summary),
            verdict_rules=[(_Verdict.of(found), rule) for found, rule in verdict_rules(summary.margin)],
            sources=SOURCES,
            doses=content.doses,
            mistakes=describe(content.errors, summary.best_arm) if figures.get("reliability") else None,
            mistake_caption=lambda item: mistake_caption(item, content.errors.class_names),
            change_caption=lambda item: change_caption(item, content.errors.class_names),
            keras_text={arm: code_text(code.keras, words) for arm, code in details.code.items()},
            pictures=_pictures(content),
            figures=figures,
            choices=choices,
            plotly=get_plotlyjs(),
        )
    )


def _figures(content: Content, words: Callable[[str], str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures by name, and for those with a menu, the traces of each choice."""
    summary = content.summary
    figures = {
        "loss": charts.loss_curves(summary, words),
        "accuracy": charts.accuracy_curves(summary, words),
        "gap": charts.gaps(summary, words),
    }
    for place, found in enumerate(content.doses):
        figures |= {f"dose-{place}-{name}": chart for name, chart in charts.doses(found, words).items()}
    choices = {}
    if content.errors and content.errors.arms:
        figures["reliability"] = charts.reliability(summary, content.errors, words)
        names = content.errors.class_names
        if len(names) <= _FEW_CLASSES:
            choices["confusion"] = {arm.name: charts.confusion(arm, names, words) for arm in content.errors.arms}
            figures["confusion"] = next(iter(choices["confusion"].values()))
    return figures, choices


def _pictures(content: Content) -> dict[int, str]:
    if content.errors is None:
        return {}
    return data_urls(content.pictures, worth_a_picture(content.errors, SHOWN, _MOST_PICTURES))


def _shown_first(summary: StudySummary) -> list[str]:
    """The arms whose curves are shown before the reader chooses."""
    names = [arm.name for arm in summary.arms]
    return names if len(names) <= _FEW_ARMS else list(dict.fromkeys([names[0], summary.best_arm]))


def _curve_rows(summary: StudySummary) -> list[list[str]]:
    """The learning curves in numbers; see the table's head."""
    rows = []
    for arm in summary.arms:
        runs = finished(arm.runs)
        names = ("clean_val_loss", "clean_loss", "val_acc", "clean_acc")
        seen, trained, accuracy, training_accuracy = (curve(runs, name) for name in names)
        if seen is None:
            continue
        lowest = int(seen.mean.argmin())
        losses = [f"{seen.mean[lowest]:.3f}", str(seen.epochs[lowest]), f"{seen.mean[-1]:.3f}"]
        losses.append(f"{trained.mean[-1]:.3f}" if trained else percent(None))
        rows.append([arm.name, *losses, *(percent(c.mean[-1] if c else None) for c in (accuracy, training_accuracy))])
    return rows


@dataclass(frozen=True)
class _Verdict:
    """A verdict as it is shown: never in colour alone."""

    word: str
    sign: str
    css: str

    @classmethod
    def of(cls, verdict: Verdict) -> "_Verdict":
        return cls(verdict_word(verdict), _SIGNS[verdict], str(verdict).replace(" ", "-"))


def _verdict(found: Comparison | None) -> _Verdict | None:
    return None if found is None else _Verdict.of(found.verdict)


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
    def of(cls, found: Comparison, span: Span, words: Callable[[str], str]) -> "_Drawing":
        known = found.difference == found.difference  # else NaN
        if found.low is None:
            interval = say("no interval")
        else:
            interval = say("interval {interval}", interval=points_range(found.low, found.high))
        told = say("{points} points, {interval}", points=points(found.difference), interval=interval)
        return cls(
            mean=_x(span, found.difference) if known and span.holds(found.difference) else None,
            low=None if found.low is None else _x(span, found.low),
            high=None if found.high is None else _x(span, found.high),
            cut_low=found.low is not None and found.low < span.low,
            cut_high=found.high is not None and found.high > span.high,
            per_seed=tuple(_x(span, value) for value in found.per_seed if span.holds(value)),
            words=words(told if known else say("nothing to compare")),
        )


def _x(span: Span, value: float) -> float:
    """Percent of the width, two of them left free at either end."""
    return round(2 + 96 * span.position(value), 2)


def _receipts(receipts: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return [(arm, lines) for arm, lines in receipts.items() if lines]
