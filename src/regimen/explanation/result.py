"""What `explain` returns."""

import io
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from regimen.report.cards import CardPage, card_html, print_card
from regimen.report.changes import Change, change_html, print_change
from regimen.report.details import code_text


@dataclass(frozen=True, repr=False)
class Explanation:
    """Cards of remedies, or what a remedy changes in a model. ``print`` it; in a notebook it shows itself.

    Attributes:
        cards: of the remedies, each once; empty with a model.
        change: in the model; None without one.
    """

    cards: tuple[CardPage, ...] = ()
    change: Change | None = None

    @property
    def code(self) -> str:
        """The script of the changed model, which runs as it stands; of a card, its lines of plain Keras."""
        return code_text(self.change.code) if self.change else "\n\n".join(card.keras for card in self.cards)

    def show(self, console: Console, lang: str = "en") -> None:
        """Prints it.

        Args:
            console: where to.
            lang: one of `regimen.language.LANGUAGES`.
        """
        for card in self.cards:
            print_card(console, card, lang)
        if self.change:
            print_change(console, self.change, lang)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        if self.change is None:
            return {"cards": [asdict(card) for card in self.cards]}
        receipts = [{"remedy": remedy, "changes": changes} for remedy, changes in self.change.receipts]
        told = {"arm": self.change.arm, "python": self.change.python, "model": self.change.subject}
        return {**told, "receipts": receipts, "code": self.code}

    def __str__(self) -> str:
        text = io.StringIO()
        self.show(Console(file=text, width=88))
        return text.getvalue().strip("\n")

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        parts = [card_html(card) for card in self.cards]
        return "".join([*parts, change_html(self.change) if self.change else ""])
