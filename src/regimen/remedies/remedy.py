"""What a remedy is: one change meant to reduce overfitting, applied to a plan."""

import json
from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import join, say
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card


class Remedy(ABC):
    """One change meant to reduce overfitting. Subclasses are frozen dataclasses whose fields are its parameters.

    ``a + b`` applies ``a`` and then ``b``.

    Attributes:
        word: its name on the command line.
        card: its documentation.
        strength: the parameter that ``word=value`` sets; None if there is none.
        judged_at: where its arm is compared with the baseline: ``selected`` or ``last`` epoch.
    """

    word: ClassVar[str]
    card: ClassVar[Card]
    strength: ClassVar[str | None] = None
    judged_at: ClassVar[str] = "selected"

    @abstractmethod
    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """The changed plan and what was changed. Strength zero changes nothing.

        Raises:
            RemedyError: there is no place to apply.
        """

    @property
    def parts(self) -> tuple["Remedy", ...]:
        """The remedies of which this one is made."""
        return (self,)

    def __add__(self, other: "Remedy") -> "Combination":
        if not isinstance(other, Remedy):
            return NotImplemented
        return Combination(self.parts + other.parts)

    def __str__(self) -> str:
        return self.written()

    def written(self, blank: str = "") -> str:
        """The remedy as on the command line, with ``…`` as the value of the parameter ``blank``.

        >>> from regimen.remedies.layers.dropout import Dropout
        >>> Dropout(0.3, where="head").written("rate")
        'dropout=…,where=head'
        """
        settings = []
        for item in fields(self):
            value = getattr(self, item.name)
            text = "…" if item.name == blank else written_value(value)
            if item.name == self.strength:
                settings.insert(0, f"{self.word}={text}")
            elif item.name == blank or item.default is MISSING or value != item.default:
                settings.append(f"{item.name}={text}")
        return ",".join(settings if self.strength else [self.word, *settings])

    @property
    def python(self) -> str:
        """The remedy as a Python expression, after ``import regimen as rg``: its strength, and what is no default.

        >>> from regimen.remedies.layers.dropout import Dropout
        >>> Dropout(0.3, where="head").python
        'rg.Dropout(0.3, where="head")'
        """
        arguments = []
        for position, item in enumerate(fields(self)):
            value = getattr(self, item.name)
            if position == 0 and item.name == self.strength:
                arguments.append(_literal(value))
            elif item.name == self.strength or item.default is MISSING or value != item.default:
                arguments.append(f"{item.name}={_literal(value)}")
        return f"rg.{type(self).__name__}({', '.join(arguments)})"

    def receipt(self, *changes: str) -> Receipt:
        """A receipt of this remedy."""
        return Receipt(str(self), changes or (say("nothing: strength 0"),))

    def require(self, condition: bool, parameter: str, expected: str) -> None:
        """Refuses a parameter.

        Raises:
            RemedyError: unless the condition holds.
        """
        if not condition:
            raise RemedyError(f"{self.word}: {parameter} must be {expected}; received {getattr(self, parameter)!r}.")

    def require_number(self, parameter: str, low: float, high: float, *, below: bool = False) -> None:
        """Refuses a parameter that is not a number from ``low`` to ``high`` (short of ``high`` with ``below``).

        Raises:
            RemedyError: stating the allowed range.
        """
        value = getattr(self, parameter)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        inside = number and low <= value and (value < high if below else value <= high)
        upper = "" if high == float("inf") else f" and {'below' if below else 'at most'} {high:g}"
        self.require(inside, parameter, f"a number, at least {low:g}{upper}")

    def require_place(self, parameter: str = "where") -> None:
        """Refuses a role or pattern that the command line could not express.

        Raises:
            RemedyError: stating which characters are not allowed.
        """
        value = getattr(self, parameter)
        written = isinstance(value, str) and value != "" and not set(value) & set(",+|:= \t\n")
        expected = (
            "a role or a pattern on layer names (alternatives are separated by /; for , + | : = and spaces write ?)"
        )
        self.require(written, parameter, expected)


@dataclass(frozen=True)
class Combination(Remedy):
    """Several remedies applied one after the other."""

    remedies: tuple[Remedy, ...]
    word: ClassVar[str] = "+"

    @property
    def parts(self) -> tuple[Remedy, ...]:
        """The remedies, in the order in which they are applied."""
        return self.remedies

    @property
    def judged_at(self) -> str:
        """``last`` if any part is judged there."""
        return "last" if any(part.judged_at == "last" for part in self.parts) else "selected"

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Applies each part to what the previous one made; the receipt lists all changes."""
        changes = []
        for part in self.parts:
            plan, receipt = part.apply(plan)
            changes += [join([receipt.remedy, change], ": ") for change in receipt.changes]
        return plan, Receipt(str(self), tuple(changes))

    def __str__(self) -> str:
        return " + ".join(map(str, self.parts))

    @property
    def python(self) -> str:
        """The remedies as a Python expression, after ``import regimen as rg``."""
        return " + ".join(part.python for part in self.parts)


def written_value(value: object) -> str:
    """A parameter's value as on the command line.

    >>> written_value(True), written_value(0.5), written_value("head")
    ('true', '0.5', 'head')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return shown(value) if isinstance(value, float) else str(value)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return shown(value) if isinstance(value, float) else str(value)


def shown(number: float) -> str:
    """A number for people, short, exact when read back, and without a plus sign, which would separate remedies.

    >>> shown(0.001), shown(1.0), shown(0.1234567), shown(1e20)
    ('0.001', '1', '0.1234567', '1e20')
    """
    short = f"{number:g}"
    return (short if float(short) == number else repr(float(number))).replace("e+", "e")
