"""Writes text to a console: in a language, in characters that the console has."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from regimen.language import translator

_ASCII = str.maketrans({"−": "-", "–": "-", "—": "-", "…": "...", "±": "+/-", "×": "x", "·": "*", "•": "*"})


class Writer:
    """Writes text that may hold anything (brackets are not markup).

    Args:
        console: where to.
        lang: one of `regimen.language.LANGUAGES`.
    """

    def __init__(self, console: Console, lang: str = "en") -> None:
        self.console = console
        self.unicode = not console.options.ascii_only
        self._translated = translator(lang)

    def words(self, words: str) -> str:
        """A message in the writer's language, in the console's characters."""
        words = self._translated(words)
        return words if self.unicode else words.translate(_ASCII).encode("ascii", errors="replace").decode("ascii")

    def text(self, words: str, style: str = "") -> Text:
        """The same, ready to be printed."""
        return Text(self.words(words), style=style)

    def width(self, words: str) -> int:
        """Columns that the widest line takes; a Hangul syllable takes two."""
        return max((cell_len(line) for line in self.words(words).splitlines()), default=0)

    def line(self, words: str = "", style: str = "", *, indent: int = 0) -> None:
        """Prints text, wrapped."""
        for line in self.text(words, style).wrap(self.console, self.console.width - indent):
            line.rstrip()
            self.console.print(Text(" " * indent) + line)

    def section(self, title: str, lines: Sequence[str]) -> None:
        """Prints a title with indented lines; nothing where there are none."""
        if not lines:
            return
        self.line()
        self.line(title, style="bold")
        for words in lines:
            self.line(words, indent=2)
