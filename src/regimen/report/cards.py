"""The card of a remedy: as data that needs no remedy, in a terminal, as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.syntax import Syntax

from regimen.language import join, say
from regimen.report.templating import environment, phrases
from regimen.report.writer import Writer

FAMILY_TITLES = {
    "layers": say("Layers of the network"),
    "weights": say("Penalties and limits on weights"),
    "images": say("Training images"),
    "training": say("Loss, learning rate and length of training"),
}
"""Family of remedies → what its members change."""

KINDS = {
    "float": say("number"),
    "int": say("whole number"),
    "str": say("word or pattern"),
    "bool": say("true or false"),
}
"""Type of a parameter → what it is for people."""

_NARROWEST = 24  # columns in which sentences stand beside names


@dataclass(frozen=True)
class Parameter:
    """A setting of a remedy.

    Attributes:
        name: as it is written.
        kind: ``float``, ``int``, ``str`` or ``bool``.
        default: as it is written on the command line.
        meaning: what it sets, its unit and range.
    """

    name: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True)
class CardPage:
    """The card of a remedy, ready to be shown; see `regimen.remedies.card.Card` for what the texts hold.

    Attributes:
        word: the remedy's name on the command line.
        name: of its class.
        family: a key of `FAMILY_TITLES`.
        what: in two sentences.
        formula: lines of plain text.
        parameters: in their order.
        helps: when it is worth trying.
        hurts: when it is not.
        strengths: usual values.
        interactions: (word of another remedy, what to know).
        keras: plain Keras.
        arm: what ``--arm`` takes, every parameter at its default.
        python: the same as an expression, after ``import regimen as rg``.
        papers: sources.
    """

    word: str
    name: str
    family: str
    what: str
    formula: str
    parameters: tuple[Parameter, ...]
    helps: str
    hurts: str
    strengths: str
    interactions: tuple[tuple[str, str], ...]
    keras: str
    arm: str
    python: str
    papers: tuple[str, ...]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Title and text of the parts that are a few sentences each."""
        parts = [
            (say("When it helps"), self.helps),
            (say("When it hurts"), self.hurts),
            (say("Usual strengths"), self.strengths),
        ]
        return [(title, text) for title, text in parts if text]


def print_card(console: Console, page: CardPage, lang: str = "en") -> None:
    """Prints a card.

    Args:
        console: where to; its width and encoding are respected.
        page: the card.
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    write.line()
    write.line(f"{page.word} · rg.{page.name}", style="bold")
    write.line(FAMILY_TITLES[page.family], style="dim")
    write.line()
    write.line(page.what, indent=2)
    _heading(write, say("What it computes"))
    print_code(write, page.formula, language="")
    if page.parameters:
        _heading(write, say("Parameters"))
        rows = [(each.name, join([_kind(each), each.meaning], "\n")) for each in page.parameters]
        _print_rows(write, rows)
    for heading, text in page.sections:
        write.section(heading, [text])
    if page.interactions:
        _heading(write, say("With other remedies"))
        _print_rows(write, page.interactions)
    _heading(write, say("In plain Keras"))
    print_code(write, page.keras)
    _heading(write, say("How to try it"))
    print_code(write, f'regimen study DATA --arm "{page.arm}"', language="bash")
    print_code(write, f"regimen explain {page.word} --model MODEL", language="bash")
    print_code(write, page.python)
    write.section(say("Sources"), page.papers)


def print_list(console: Console, families: Sequence[tuple[str, Sequence[tuple[str, str]]]], lang: str = "en") -> None:
    """Prints the remedies family by family, one line each, and how to go on.

    Args:
        console: where to.
        families: (a key of `FAMILY_TITLES`, (word, what the remedy does) of each member).
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    widest = max(write.width(word) for _, members in families for word, _ in members)
    for family, members in families:
        write.line()
        write.line(FAMILY_TITLES[family], style="bold")
        _print_rows(write, [(word, _first_sentence(write.words(what))) for word, what in members], widest)
    _heading(write, say("Next"))
    _print_rows(
        write,
        [
            ("regimen explain dropout", say("the card of a remedy")),
            ('regimen explain "dropout=0.3 + l2" --model MODEL', say("what it changes in a model, and the code")),
            ("regimen study DATA --arm dropout=0.3", say("whether it helps on your images")),
        ],
    )


def print_code(write: Writer, code: str, *, language: str = "python", indent: int = 2) -> None:
    """Prints code as it stands: it is coloured on a terminal only, and never wrapped, so that it can be copied."""
    for line in write.words(code).splitlines():
        shown = Syntax("", language, theme="ansi_dark").highlight(line) if language else write.text(line)
        shown.rstrip()
        write.console.print(" " * indent, shown, sep="", soft_wrap=True)


def card_html(page: CardPage, lang: str = "en") -> str:
    """A card as a fragment of HTML, for a notebook; needs neither script nor network."""
    kinds = [_kind(parameter) for parameter in page.parameters]
    template = environment(phrases(lang)).get_template("notebook_card.html.j2")
    return template.render(page=page, title=FAMILY_TITLES[page.family], kinds=kinds)


def _kind(parameter: Parameter) -> str:
    return say("{kind}, default {default}", kind=KINDS[parameter.kind], default=parameter.default)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def _heading(write: Writer, title: str) -> None:
    write.line()
    write.line(title, style="bold")


def _print_rows(write: Writer, rows: Sequence[tuple[str, str]], width: int | None = None) -> None:
    """Two columns, names and what is said of them; one below the other where there is no room."""
    indent, width = 2, width or max(write.width(name) for name, _ in rows)
    room = write.console.width - indent - width - 2
    for name, text in rows:
        if room < _NARROWEST:
            write.line(name, style="cyan", indent=indent)
            write.line(text, indent=2 * indent)
            continue
        for place, line in enumerate(write.text(text).wrap(write.console, room)):
            line.rstrip()
            label = write.text(name if place == 0 else "", style="cyan")
            label.pad_right(indent + width - label.cell_len)
            write.console.print(" " * indent, label, line, sep="", soft_wrap=True)
