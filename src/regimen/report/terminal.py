"""The summary of a study in a terminal.

It fits 80 columns, is plain text when piped, pure ASCII where the encoding is not UTF-8, and says every verdict in
words, never in colour alone.
"""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.summary import StudySummary
from regimen.report.advice import levels, next_steps, remarks, undecided
from regimen.report.details import StudyDetails
from regimen.report.rows import VerdictRow, verdict_rows
from regimen.report.span import Span
from regimen.report.wording import MISSING, count, points

VERDICT_STYLES = {Verdict.HELPS: "bold green", Verdict.HURTS: "bold red", Verdict.NONE: "bold yellow"}
_NARROWEST_BAR, _WIDEST_BAR = 13, 33
_NARROWEST_ARM, _LEAST_BAR = 10, 8  # where 80 columns do not suffice for all
_RECEIPT_LINES = 2
_ASCII = str.maketrans({"−": "-", "–": "-", "—": "-", "…": "...", "±": "+/-", "×": "x", "·": "*", "•": "*"})


def print_summary(console: Console, summary: StudySummary, details: StudyDetails) -> None:
    """Prints what a study found: the answer, the verdicts and what they rest on, and what to do next.

    Args:
        console: where to; its width and encoding are respected.
        summary: the findings.
        details: the circumstances.
    """
    say = _Writer(console)
    seeds, images = count(len(summary.seeds), "seed"), count(summary.validation_images, "validation image")
    say.line()
    say.line(f"{details.name}: {count(len(summary.arms), 'arm')}, {seeds}, {images}", style="dim")
    say.line(summary.answer, style="bold")
    say.line()
    _print_verdicts(say, summary)
    say.line()
    gap = "Gap: training minus validation accuracy at the last epoch, both in inference mode."
    say.line(f"{gap} {levels(summary)}".strip(), style="dim")
    say.section("Why there is no clear verdict", undecided(summary))
    say.section("To be noted", [*remarks(summary), *details.notes])
    say.section("What the remedies changed", _receipts(details))
    say.section("Next", next_steps(summary))
    say.line()
    if details.best_model:
        say.line(details.best_model)
    if details.report_path:
        # Wrapping would cut the path, so that it could be neither clicked nor copied.
        console.print(say.text(f"Report: {details.report_path}"), soft_wrap=True)


class _Writer:
    """Writes text that may hold anything (brackets are not markup), in characters that the console has."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.unicode = not console.options.ascii_only

    def text(self, words: str, style: str = "") -> Text:
        if not self.unicode:
            words = words.translate(_ASCII).encode("ascii", errors="replace").decode("ascii")
        return Text(words, style=style)

    def line(self, words: str = "", style: str = "", *, indent: int = 0) -> None:
        for line in self.text(words, style).wrap(self.console, self.console.width - indent):
            line.rstrip()
            self.console.print(Text(" " * indent) + line)

    def section(self, title: str, lines: Sequence[str]) -> None:
        if not lines:
            return
        self.line()
        self.line(title, style="bold")
        for words in lines:
            self.line(words, indent=2)


def _print_verdicts(say: _Writer, summary: StudySummary) -> None:
    rows = verdict_rows(summary)
    arm_width, bar_width = _widths(rows, say.console.width)
    if arm_width >= min(_NARROWEST_ARM, max(len(row.arm) for row in rows)):
        say.console.print(_table(say, summary, rows, arm_width, bar_width))
        return
    for row in rows:
        say.line(_sentence(row))


def _table(say: _Writer, summary: StudySummary, rows: Sequence[VerdictRow], arm_width: int, bar_width: int) -> Table:
    span = Span.of([row.comparison for row in rows if row.comparison], summary.margin)
    bar = _Bar(span, bar_width, say.unicode) if bar_width and len(rows) > 1 else None
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="none")
    table.add_column(say.text("arm"), width=arm_width, overflow="fold", vertical="top")
    table.add_column(say.text("val.\nacc., %"), no_wrap=True)
    table.add_column(say.text("gap,\npoints"), justify="right", no_wrap=True)
    table.add_column(say.text("overfits\nsince"), no_wrap=True)
    if len(rows) > 1:
        table.add_column(say.text("difference,\npoints"), no_wrap=True)
        if bar:
            table.add_column(say.text("\n" + bar.axis()), no_wrap=True)
        table.add_column(say.text("verdict"), no_wrap=True)
    for row in rows:
        cells = [row.arm.replace(",", ", "), f"{row.accuracy}\n{row.accuracy_interval}", row.gap, _since(row.onset)]
        if len(rows) > 1:
            cells += [f"{row.difference}\n{row.interval}"]
            cells += [bar.draw(row.comparison)] if bar else []
        shown = [say.text(cell) if isinstance(cell, str) else cell for cell in cells]
        if len(rows) > 1:
            style = VERDICT_STYLES.get(row.comparison.verdict, "") if row.comparison else ""
            shown.append(say.text(row.verdict, style=style))
        table.add_row(*shown)
    return table


def _widths(rows: Sequence[VerdictRow], width: int) -> tuple[int, int]:
    """Columns for the names of the arms and for the drawn intervals; the latter 0 where there is no room."""
    difference = max(len("difference,"), *(max(len(row.difference), len(row.interval)) for row in rows))
    since = max(len("overfits"), *(len(_since(row.onset)) for row in rows))
    verdict = max(len("verdict"), *(len(row.verdict) for row in rows))
    accuracy = max(len("acc., %"), *(len(row.accuracy_interval) for row in rows))
    others = accuracy + max(len("points"), *(len(row.gap) for row in rows)) + since + difference + verdict
    free = width - others - 6 * 2  # two characters between columns
    longest = max(len(row.arm) for row in rows)
    unbroken = max(len(piece) for row in rows for piece in row.arm.replace(",", ", ").split())
    arm = min(longest, free, max(_NARROWEST_ARM, unbroken, free - _NARROWEST_BAR))
    bar = min(_WIDEST_BAR, free - arm)
    return arm, bar if bar >= _LEAST_BAR else 0


def _since(onset: str) -> str:
    return f"epoch {onset}" if onset.isdigit() else onset


def _sentence(row: VerdictRow) -> str:
    """A row of the table for a terminal that is too narrow for it."""
    overfits = {"no": "no overfitting", MISSING: "overfitting unknown"}.get(
        row.onset, f"overfits since {_since(row.onset)}"
    )
    known = f"{row.accuracy} % ({row.accuracy_interval}), gap {row.gap} points, {overfits}"
    if not row.verdict:
        return f"{row.arm}: {known}"
    return f"{row.arm}: {row.verdict}, {row.difference} points ({row.interval}); {known}"


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
            low, high = (text.split(".")[0] for text in (low, high))
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
            cells[low] = self.left if self.span.holds(found.low) else self.less
            cells[high] = self.right if self.span.holds(found.high) else self.more
        if self.span.holds(found.difference):
            cells[self._column(found.difference)] = self.mean
        return "".join(cells)

    def _column(self, value: float) -> int:
        return round(self.span.position(value) * (self.width - 1))


def _receipts(details: StudyDetails) -> list[str]:
    """The first lines of each receipt; the report has them all."""
    lines = []
    for arm, receipt in details.receipts.items():
        if receipt:
            more = len(receipt) - _RECEIPT_LINES
            rest = f"; … and {count(more, 'more line')} in the report" if more > 0 else ""
            lines.append(f"{arm}: {'; '.join(receipt[:_RECEIPT_LINES])}{rest}")
    return lines
