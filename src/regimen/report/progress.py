"""Shows a running study on standard error: a live display on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from regimen.report.tally import ArmTally, RunTally, Tally
from regimen.report.wording import count_epochs, count_runs, duration, percent, points

_QUIET_SECONDS = 30.0  # between two lines of progress where there is no live display
_NOT_ARMS = 3  # lines of the live display that are not arms: those left out, the bar, one to spare


class Display:
    """Listens to a running study and shows how far it is.

    A context manager that is called with events, dictionaries: ``{"event": "started", "arm", "seed"}``,
    ``{"event": "epoch", "arm", "seed", "epoch", "metrics"}``, ``{"event": "finished", "arm", "seed", "status",
    "restored"}``, ``{"event": "failed", "arm", "seed", "error"}`` and ``{"event": "note", "text"}``; others are
    ignored. Events may come from any thread.

    Args:
        arms: the names of the arms, in the order to show them.
        seeds: every arm runs each of them.
        epochs: of a run that is not stopped early.
        console: where to; standard error if None.
        clock: seconds since any fixed moment.
    """

    def __init__(
        self,
        arms: Sequence[str],
        seeds: Sequence[int],
        epochs: int,
        console: Console | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = Console(stderr=True) if console is None else console
        self._clock = clock
        self._tally = Tally(arms, seeds, epochs, clock)
        self._lock = threading.RLock()  # the live display draws from a thread of its own
        self._live: Live | None = None
        self._last_line = clock()
        self._restored = 0

    def __enter__(self) -> Self:
        self._last_line = self._clock()
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=self._picture,
                console=self.console,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        with self._lock:
            self._say_restored()
            self._line(self._closing())

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Takes one event."""
        with self._lock:
            if event["event"] == "note":
                self._line(str(event["text"]))
                return
            run = self._tally.record(event)
            if run is None:
                return
            if run.restored:
                self._restored += event["event"] == "finished"
                return
            self._say_restored()
            if event["event"] == "failed":
                self._line(f"{run.name}: failed: {event.get('error') or 'no message'} {self._progress()}")
            elif event["event"] == "finished" and self._live is None:
                self._line(f"{_result(run)} {self._progress()}")
            elif self._live is None and self._clock() - self._last_line >= _QUIET_SECONDS:
                self._line(self._halfway())

    def _line(self, words: str) -> None:
        self.console.print(Text(words), soft_wrap=True)
        self._last_line = self._clock()

    def _say_restored(self) -> None:
        if self._restored:
            self._line(f"{count_runs(self._restored)} of {self._tally.total} finished before, not trained again")
            self._restored = 0

    def _progress(self) -> str:
        return f"({self._tally.done} of {self._tally.total} runs)"

    def _halfway(self) -> str:
        tally = self._tally
        running = ", ".join(f"{run.name} epoch {run.epoch}" for run in tally.running()[:3])
        rest = tally.seconds_left()
        left = "" if rest is None else f", about {duration(rest)} left"
        return (
            f"{100 * tally.share():.0f} % after {duration(tally.elapsed())}{left}; "
            f"{tally.done} of {tally.total} runs done" + (f"; {running}" if running else "")
        )

    def _closing(self) -> str:
        tally = self._tally
        aside = [f"{number} {word}" for word, number in tally.troubles().items() if number]
        aside_words = f" ({', '.join(aside)})" if aside else ""
        return f"{tally.done} of {tally.total} runs done in {duration(tally.elapsed())}{aside_words}"

    def _picture(self) -> Group:
        """The live display, no taller than the terminal and no wider."""
        with self._lock:
            room = max(1, self.console.height - _NOT_ARMS)
            arms = self._tally.arms()
            # Arms with a run under way first where there is no room for all, in the order given.
            urgent = sorted(arms, key=lambda arm: (not arm.running, arm.done == arm.total))[:room]
            shown = [arm for arm in arms if arm in urgent] if len(arms) > room else arms
            table = Table.grid(padding=(0, 2, 0, 0), expand=False)
            longest = max((len(arm.name) for arm in shown), default=1)
            table.add_column(no_wrap=True, overflow="ellipsis", width=min(longest, self.console.width // 3))
            table.add_column(no_wrap=True, width=max((len(_runs(arm)) for arm in shown), default=1), justify="right")
            table.add_column(no_wrap=True, overflow="ellipsis")
            for arm in shown:
                style = "dim" if not arm.running else ""
                table.add_row(Text(arm.name), Text(_runs(arm), style=style), Text(_state(arm)))
            parts: list[Table | Text] = [table]
            if len(shown) < len(arms):
                parts.append(Text(f"and {len(arms) - len(shown)} more arms", style="dim"))
            return Group(*parts, self._bar())

    def _bar(self) -> Table:
        tally = self._tally
        rest = tally.seconds_left()
        words = f"{100 * tally.share():.0f} %, {duration(tally.elapsed())}"
        words += "" if rest is None else f", about {duration(rest)} left"
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(no_wrap=True)
        line.add_column(no_wrap=True, overflow="ellipsis")
        width = max(4, min(40, self.console.width - len(words) - 2))
        line.add_row(ProgressBar(total=1.0, completed=tally.share(), width=width), Text(words))
        return line


def _runs(arm: ArmTally) -> str:
    return f"{arm.done}/{arm.total}"


def _state(arm: ArmTally) -> str:
    """What the runs of an arm are doing: their epochs, and the mean of their latest accuracies."""
    if not arm.running:
        return "done" if arm.done == arm.total else "waiting"
    epochs = [run.epoch for run in arm.running]
    reach = str(min(epochs)) if min(epochs) == max(epochs) else f"{min(epochs)}–{max(epochs)}"
    if not max(epochs):
        return "starting"
    latest = [run.metrics for run in arm.running if run.metrics]
    words = f"epoch {reach}/{arm.epochs}"
    for label, metric in (("val", "val_acc"), ("train", "clean_acc")):
        values = [metrics[metric] for metrics in latest if metric in metrics]
        if values:
            words += f"  {label} {percent(sum(values) / len(values))} %"
    return words


def _result(run: RunTally) -> str:
    """One finished run in one line."""
    if run.status == "diverged":
        return f"{run.name}: diverged at epoch {run.epoch}, {duration(run.seconds)}"
    words = [f"{run.name}: {count_epochs(run.epoch)}"]
    if run.best:
        words.append(f"best epoch {run.best}, val {percent(run.best_accuracy)} %")
    if "clean_acc" in run.metrics and "val_acc" in run.metrics:
        gap = points(run.metrics["clean_acc"] - run.metrics["val_acc"], signed=False)
        words.append(f"gap {gap} points at the end")
    return ", ".join([*words, duration(run.seconds)])
