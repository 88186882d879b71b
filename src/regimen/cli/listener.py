"""Shows on standard error what a command does: images loaded, then runs, in one stage or several."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from regimen.report.progress import Display


class Listener:
    """Shows progress: loading first, then the runs of each stage.

    Args:
        console: standard error.
    """

    def __init__(self, console: "Console") -> None:
        self.console = console
        self.display: Display | None = None
        self.bar: AbstractContextManager | None = None
        self.what = ""
        self.task: Any = None

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *error: Any) -> None:
        self._end_loading()
        self._end_stage(*error)

    def loading(self, done: int, total: int, what: str) -> None:
        """Called while images are decoded or downloaded."""
        from rich.progress import Progress

        if self.bar is None and self.console.is_terminal:
            self.bar = Progress(console=self.console, transient=True)
            self.bar.__enter__()
        if what != self.what:
            self.what = what
            if self.bar is None:
                self._line(f"{what} …")
            else:
                self.task = self.bar.add_task(what, total=total)
        if self.bar is not None:
            self.bar.update(self.task, completed=done)

    def __call__(self, event: dict[str, Any]) -> None:
        """Called with each event of a study or search: ``planned`` begins a stage, ``told`` ends it with a line."""
        from regimen.report.progress import Display

        if event["event"] == "planned":
            self._end_loading()
            self._end_stage()
            for note in event["notes"]:
                self._line(f"Note: {note}")
            self._line(event.get("title") or f"Study in {event['folder']}")
            self.display = Display(event["arms"], event["seeds"], event["epochs"], console=self.console)
            self.display.__enter__()
        elif event["event"] == "told":
            self._end_loading()
            self._end_stage()
            self._line(event["text"])
        else:
            self.display(event)

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _end_loading(self) -> None:
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar = None

    def _end_stage(self, *error: Any) -> None:
        if self.display is not None:
            self.display.__exit__(*(error or (None, None, None)))
            self.display = None
