"""The summary of a study in a terminal.

It fits 80 columns, is plain text when piped, pure ASCII where the encoding is not UTF-8, and says every verdict in
words, never in colour alone.
"""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.summary import StudySummary
from regimen.language import join, plural, say
from regimen.report.advice import levels, next_steps, remarks, undecided
from regimen.report.details import StudyDetails
from regimen.report.rows import VerdictRow, study_size, verdict_rows
from regimen.report.span import Span
from regimen.report.wording import MISSING, points
from regimen.report.writer import Writer

VERDICT_STYLES = {Verdict.HELPS: "bold green", Verdict.HURTS: "bold red", Verdict.NONE: "bold yellow"}
_NARROWEST_BAR, _WIDEST_BAR = 13, 33
_NARROWEST_ARM, _LEAST_BAR = 10, 8  # where 80 columns do not suffice for all
_RECEIPT_LINES = 2


def print_summary(console: Console, summary: StudySummary, details: StudyDetails, lang: str = "en") -> None:
    """Prints what a study found: the answer, the verdicts and what they rest on, and what to do next.

    Args:
        console: where to; its width and encoding are respected.
        summary: the findings.
        details: the circumstances.
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    write.line()
    write.line(say("{name}: {size}", name=details.name, size=study_size(summary)), style="dim")
    write.line(summary.headline, style="bold")
    write.line()
    _print_verdicts(write, summary)
    write.line()
    gap = say("Gap: training minus validation accuracy at the last epoch, both in inference mode.")
    write.line(join([gap, levels(summary)]), style="dim")
    write.section(say("Why there is no clear verdict"), undecided(summary))
    write.section(say("To be noted"), [*remarks(summary), *details.notes])
    write.section(say("What the remedies changed"), _receipts(details))
    write.section(say("Next"), next_steps(summary))
    write.line()
    if details.best_model:
        write.line(details.best_model)
    if details.report_path:
        # Wrapping would cut the path, so that it could be neither clicked nor copied.
        console.print(write.text(say("Report: {path}", path=details.report_path)), soft_wrap=True)


def _print_verdicts(write: Writer, summary: StudySummary) -> None:
    rows = verdict_rows(summary)
    table = _Table(write, summary, rows)
    if table.fits:
        write.console.print(table.drawn())
        return
    for row in rows:
        write.line(_sentence(row))


class _Table:
    """The table of verdicts, in the width of the console."""

    def __init__(self, write: Writer, summary: StudySummary, rows: Sequence[VerdictRow]) -> None:
        self.write, self.rows, self.compared = write, rows, len(rows) > 1
        heads = [
            say("val.\nacc., %"),
            say("gap,\npoints"),
            say("overfits\nsince"),
            *([say("difference,\npoints"), say("verdict")] if self.compared else []),
        ]
        self.heads = [write.words(head) for head in heads]
        self.cells = [[write.words(cell) for cell in self._row(row)] for row in rows]
        columns = zip(self.heads, *self.cells, strict=True)
        taken = sum(max(write.width(cell) for cell in column) for column in columns)
        self.arm_width, bar_width = self._widths(write.console.width - taken - (len(heads) + 1) * 2)
        span = Span.of([row.comparison for row in rows if row.comparison], summary.margin)
        self.bar = _Bar(span, bar_width, write.unicode) if bar_width and self.compared else None

    @property
    def fits(self) -> bool:
        """Whether names of arms have room to be read."""
        return self.arm_width >= min(_NARROWEST_ARM, max(self.write.width(row.arm) for row in self.rows))

    def drawn(self) -> Table:
        """The table."""
        text = self.write.text
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="none")
        table.add_column(text(say("arm")), width=self.arm_width, overflow="fold", vertical="top")
        accuracy, gap, since, *others = (text(head) for head in self.heads)
        table.add_column(accuracy, no_wrap=True)
        table.add_column(gap, justify="right", no_wrap=True)
        table.add_column(since, no_wrap=True)
        if self.compared:
            table.add_column(others[0], no_wrap=True)
            if self.bar:
                table.add_column(text("\n" + self.bar.axis()), no_wrap=True)
            table.add_column(others[1], no_wrap=True)
        for row, cells in zip(self.rows, self.cells, strict=True):
            style = VERDICT_STYLES.get(row.comparison.verdict, "") if row.comparison else ""
            shown = [text(cell) for cell in cells]
            if self.compared:
                shown[-1] = text(cells[-1], style=style)
                shown[-1:-1] = [text(self.bar.draw(row.comparison))] if self.bar else []
            table.add_row(text(_breakable(row.arm)), *shown)
        return table

    def _row(self, row: VerdictRow) -> list[str]:
        cells = [f"{row.accuracy}\n{row.accuracy_interval}", row.gap, row.since]
        return [*cells, join([row.difference, row.interval], "\n"), row.verdict] if self.compared else cells

    def _widths(self, free: int) -> tuple[int, int]:
        """Columns for the names of the arms and for the drawn intervals; the latter 0 where there is no room."""
        width = self.write.width
        longest = max(width(row.arm) for row in self.rows)
        unbroken = max(width(piece) for row in self.rows for piece in _breakable(row.arm).split())
        arm = min(longest, free, max(_NARROWEST_ARM, unbroken, free - _NARROWEST_BAR))
        bar = min(_WIDEST_BAR, free - arm)
        return arm, bar if bar >= _LEAST_BAR else 0


def _breakable(arm: str) -> str:
    return arm.replace(",", ", ")


def _sentence(row: VerdictRow) -> str:
    """A row of the table for a terminal that is too narrow for it."""
    if row.onset == MISSING:
        overfits = say("overfitting unknown")
    elif row.onset.isdigit():
        overfits = say("overfits since epoch {epoch}", epoch=row.onset)
    else:
        overfits = say("no overfitting")
    known = say(
        "{accuracy} % ({interval}), gap {gap} points, {overfits}",
        accuracy=row.accuracy,
        interval=row.accuracy_interval,
        gap=row.gap,
        overfits=overfits,
    )
    if not row.verdict:
        return say("{arm}: {known}", arm=row.arm, known=known)
    return say(
        "{arm}: {verdict}, {difference} points ({interval}); {known}",
        arm=row.arm,
        verdict=row.verdict,
        difference=row.difference,
        interval=row.interval,
        known=known,
    )


def _receipts(details: StudyDetails) -> list[str]:
    """The first lines of each receipt; the report has them all."""
    lines = []
    for arm, receipt in details.receipts.items():
        if receipt:
            shown, more = join(receipt[:_RECEIPT_LINES], "; "), len(receipt) - _RECEIPT_LINES
            if more > 0:
                rest = plural(more, "… and {number} more line in the report", "… and {number} more lines in the report")
                shown = join([shown, rest], "; ")
            lines.append(say("{arm}: {changes}", arm=arm, changes=shown))
    return lines


class _Bar:
    """Draws intervals on a line of characters."""

    def __init__(self, span: Span, width: int, unicode: bool) -> None:
        self.span, self.width = span, width
        self.left, self.right, self.line, self.mean, self.zero, self.cross, self.less, self.more = (
            "├┤─●┊┼◂▸" if unicode else "[]-o:+<>"
        )

    def axis(self) -> str:
        """The ends of the axis and its zero, as a heading."""
        cells = [" "] * self.width
        low, high, zero = points(self.span.low), points(self.span.high), self._column(0.0)
        if len(low) + len(high) >= self.width:
            low, high = (f"{100 * end:+.0f}".replace("-", "−") for end in (self.span.low, self.span.high))
        cells[: len(low)] = low
        cells[-len(high) :] = high
        if set(cells[zero - 1 : zero + 2]) == {" "}:
            cells[zero] = "0"
        return "".join(cells)

    def draw(self, found: Comparison | None) -> str:
        cells = [" "] * self.width
        cells[self._column(0.0)] = self.zero
        if found is None or found.difference != found.difference:  # NaN: nothing to compare
            return "".join(cells)
        if found.low is not None and found.high is not None:
            low, high = self._column(found.low), self._column(found.high)
            for column in range(low, high + 1):
                cells[column] = self.cross if cells[column] == self.zero else self.line
            cells[high] = self.right if found.high <= self.span.high else self.more
            cells[low] = self.left if found.low >= self.span.low else self.less
        if self.span.holds(found.difference):
            cells[self._column(found.difference)] = self.mean
        return "".join(cells)

    def _column(self, value: float) -> int:
        return round(self.span.position(value) * (self.width - 1))
