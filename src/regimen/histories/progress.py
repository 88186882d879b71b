"""Learning curves from text that holds Keras' progress output.

Requirements: bars of Keras 2 and 3 and the lines of ``verbose=2``, drawn over with carriage returns or not, with the
carriage returns lost, broken over lines, indented, commented out, behind a logger's prefix, between warnings and other
text. Any metric names. Only the last state of an epoch's bar counts. A bar that belongs to ``evaluate`` does not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from regimen.histories.text import plain
from regimen.histories.training import Rows, Training, assemble

_HEADER = re.compile(r"\bEpoch\s+\[?(?P<epoch>\d{1,7})(?:\s*(?:/|of)\s*(?P<last>\d{1,7}))?\]?(?![\d.])")
_BEFORE_HEADER = re.compile(r"\W*$|.*[-:\]|>#]\s*$")  # nothing but marks, or a logger's prefix
_AFTER_HEADER = re.compile(r"\s*(?:$|[-–—\[(|,:━*`]|\d+/)")
_STEPS = re.compile(r"\W*(?P<step>\d{1,9})/(?P<steps>\d{1,9}|Unknown)(?![\w/.])")
_BAR = re.compile(r"(?<![\w./])(?P<step>\d{1,9})/(?P<steps>\d{1,9}) *\[[=>. ]*\]")
_SEPARATOR = re.compile(r"(?:^|(?<=\s))[-–—](?=\s|$)")  # with white space around; typography makes dashes of hyphens
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf)"
_PAIR = re.compile(rf"(?P<name>[^\W\d][^:]{{0,99}}?)\s*:\s*(?P<value>{_NUMBER})(?:\s.*)?", re.IGNORECASE)
_SIZES = re.compile(r"Train on [\d,]+ samples, validate on ([\d,]+) samples")
# Where carriage returns were lost, a bar or a message follows a number immediately; Keras prints four decimals.
_GLUED = re.compile(r"(?<=\d\.\d{4})((?:e[-+]\d\d)?)(?=\s*\d+/\d+ *[\[━]|Epoch \d)")


@dataclass
class _Epoch:
    """The last known state of an epoch's bar."""

    number: int
    last: int | None = None  # as in "Epoch 3/10"
    steps: str = ""
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def validated(self) -> bool:
        return any(name.startswith("val_") for name in self.metrics)

    def bar(self, steps: str, metrics: dict[str, float]) -> None:
        """A new state of the bar, unless it is the bar of ``evaluate``."""
        if not metrics or (self.validated and not any(name.startswith("val_") for name in metrics)):
            return
        if self.metrics and {steps, self.steps} & {"Unknown"} == set() and steps != self.steps:
            return
        self.steps, self.metrics = steps, metrics


def read_progress(text: str, source: str, name: str = "") -> list[Training]:
    """Finds every training in a text.

    A training begins where the epochs' numbers do not rise. A resumed one (``Epoch 11/20`` after ``Epoch 10/10``) is
    the same training.

    Args:
        text: any text.
        source: what to call it: a file's name.
        name: of the trainings.

    Returns:
        The trainings in the order of the text; empty when there is none.
    """
    found: list[Rows] = []
    last = images = None
    for line, epoch in _epochs(_states(plain(text))):
        if isinstance(epoch, int):
            images = epoch
            continue
        if not found or not _continues(found[-1], last, epoch):
            found.append(Rows(name, f"{source}, line {line}", validation_images=images))
            images = None
        found[-1].rows.append((epoch.number, epoch.metrics))
        last = epoch.last
    return [training for rows in found if (training := assemble(rows)) is not None]


def _states(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of every state that a line ever had."""
    for number, line in enumerate(text.split("\n"), 1):
        for state in line.split("\r"):
            for piece in _GLUED.sub("\\1\n", state).split("\n"):
                if piece.strip():
                    yield number, piece


def _epochs(states: Iterable[tuple[int, str]]) -> Iterator[tuple[int, _Epoch | int]]:
    """The epochs with their line numbers, and sizes of validation parts between them.

    An epoch without a header, as ``grep val_loss`` leaves it, is known by its validation metrics.
    """
    epoch, began, headed = _Epoch(0), 0, False
    for number, state in states:
        if sizes := _SIZES.search(state):
            if epoch.metrics:
                yield began, epoch
            yield number, int(sizes[1].replace(",", ""))
            epoch, began, headed = _Epoch(0), number, False
            continue
        header = _header(state)
        if header:
            if epoch.metrics:
                yield began, epoch
            epoch = _Epoch(int(header["epoch"]), int(header["last"]) if header["last"] else None)
            began, headed = number, True
            state = state[header.end() :]
        metrics, steps, first = _pairs(state)
        if not headed and steps and any(name.startswith("val_") for name in metrics):
            if epoch.metrics:
                yield began, epoch
            epoch, began = _Epoch(epoch.number + 1), number
        if steps and (headed or epoch.number):
            epoch.bar(steps, metrics)
        elif metrics and (headed or epoch.metrics) and (header or first or len(metrics) > 1):
            # A line without a bar goes on with the one before: it may add, never replace.
            epoch.metrics.update({name: value for name, value in metrics.items() if name not in epoch.metrics})
    if epoch.metrics:
        yield began, epoch


def _header(state: str) -> re.Match[str] | None:
    found = _HEADER.search(state)
    if not found or not _BEFORE_HEADER.match(state[: found.start()]):
        return None
    after = state[found.end() :]
    if not _AFTER_HEADER.match(after):
        return None
    # "Epoch 00002: val_loss improved" is a message of a callback, not a header.
    return None if found["last"] is None and after.lstrip().startswith(":") else found


def _pairs(state: str) -> tuple[dict[str, float], str, bool]:
    """Metrics of a line, the steps of its bar if it has one, and whether it begins in the middle of such a line."""
    pieces = [piece.strip() for piece in _SEPARATOR.split(state)]
    bar = next(filter(None, map(_STEPS.match, pieces[:4])), None) or _BAR.search(state)
    metrics = {}
    for piece in pieces:
        if pair := _PAIR.fullmatch(piece):
            metrics[pair["name"].strip()] = float(pair["value"])
    return metrics, bar["steps"] if bar else "", not pieces[0] and len(pieces) > 1


def _continues(rows: Rows, last: int | None, epoch: _Epoch) -> bool:
    before = rows.rows[-1][0]
    return epoch.number > before and (last == epoch.last or epoch.number == before + 1)
