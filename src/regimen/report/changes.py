"""What a remedy changes in a model: its receipt and the code of the changed model, in a terminal and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from regimen.language import say
from regimen.report.cards import print_code
from regimen.report.details import CodeLine, code_text
from regimen.report.templating import environment, phrases
from regimen.report.writer import Writer


@dataclass(frozen=True)
class Change:
    """What a remedy changes in a model.

    Attributes:
        arm: the remedy as ``--arm`` takes it.
        python: the same as an expression, after ``import regimen as rg``.
        subject: the model, in words.
        receipts: (remedy, its changes, one line each) of every part of it.
        code: the script of the changed model, and of what changes in its training.
    """

    arm: str
    python: str
    subject: str
    receipts: Sequence[tuple[str, Sequence[str]]]
    code: Sequence[CodeLine]


def print_change(console: Console, change: Change, lang: str = "en") -> None:
    """Prints a change, its code last, so that it can be copied.

    Args:
        console: where to.
        change: what is shown.
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    write.line()
    write.line(change.arm, style="bold")
    write.line(change.subject, style="dim")
    for remedy, changes in change.receipts:
        write.section(remedy if len(change.receipts) > 1 else say("What it changes"), changes)
    write.line()
    write.line(say("The changed model in plain Keras"), style="bold")
    write.line()
    print_code(write, code_text(change.code, write.words), indent=0)


def change_html(change: Change, lang: str = "en") -> str:
    """A change as a fragment of HTML, for a notebook; needs neither script nor network."""
    words = phrases(lang)
    template = environment(words).get_template("notebook_change.html.j2")
    return template.render(change=change, code=code_text(change.code, words))
