"""What a report tells about a study besides its numbers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from regimen.report.cards import CardPage


@dataclass(frozen=True)
class CodeLine:
    """A line of code with its comment.

    Attributes:
        code: Python; empty where the comment stands alone.
        note: the comment, without ``#``; empty where the code does.
    """

    code: str
    note: str = ""

    def __str__(self) -> str:
        return "  # ".join(filter(None, [self.code, self.note])) if self.code or not self.note else f"# {self.note}"


def code_text(lines: Iterable[CodeLine], words: Callable[[str], str] = str) -> str:
    """Lines of code with their comments, to be copied as they stand.

    Args:
        lines: of code.
        words: says a message in the reader's language.
    """
    return "\n".join(str(replace(line, note=words(line.note))) for line in lines)


@dataclass(frozen=True)
class ArmCode:
    """How to make an arm's change oneself.

    Attributes:
        arm: what ``--arm`` takes.
        python: the remedy as an expression, after ``import regimen as rg``.
        keras: the lines of plain Keras that make the same change by hand, ``x`` being the tensor that is passed on.
    """

    arm: str
    python: str
    keras: tuple[CodeLine, ...]


@dataclass(frozen=True)
class StudyDetails:
    """The circumstances of a study, in words ready to be shown.

    Attributes:
        name: of the study.
        command: how to run it again; empty from Python.
        dataset: rows of label and value, such as ``("training images", "300")``.
        setup: the same for model, optimizer, epochs, precision, ….
        receipts: arm → what its remedies changed, one line each.
        environment: the same as ``dataset`` for versions, processor, threads.
        notes: warnings, such as files that could not be read.
        best_model: one sentence about the saved model; empty when there is none.
        report_path: where the HTML report is; empty when there is none.
        folder: the directory of the study.
        code: arm → how to make its change oneself; without the baseline.
        cards: of the remedies that are tried, each once.
    """

    name: str
    command: str
    dataset: tuple[tuple[str, str], ...]
    setup: tuple[tuple[str, str], ...]
    receipts: Mapping[str, tuple[str, ...]]
    environment: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    best_model: str
    report_path: str
    folder: str
    code: Mapping[str, ArmCode] = field(default_factory=dict)
    cards: tuple[CardPage, ...] = ()
