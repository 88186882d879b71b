"""The cards of remedies, as data that a report can show."""

import inspect
import re
from collections.abc import Iterable
from dataclasses import fields

from regimen.plan import Arm
from regimen.remedies import FAMILIES, REMEDIES, Remedy
from regimen.remedies.remedy import written_value
from regimen.report.cards import CardPage, Parameter
from regimen.study.families import remedy_of


def card_of(remedy: type[Remedy]) -> CardPage:
    """The card of a remedy, with what its class and its docstring say of its parameters."""
    card, parameters = remedy.card, parameters_of(remedy)
    settings = [f"{each.name}={each.default}" for each in parameters if each.name != remedy.strength]
    strength = next((f"={each.default}" for each in parameters if each.name == remedy.strength), "")
    return CardPage(
        word=remedy.word,
        name=remedy.__name__,
        family=next(family for family, members in FAMILIES.items() if remedy in members),
        what=card.what,
        formula=card.formula,
        parameters=parameters,
        helps=card.helps,
        hurts=card.hurts,
        strengths=card.strengths,
        interactions=tuple(card.interactions.items()),
        keras=card.keras,
        arm=",".join([remedy.word + strength, *settings]),
        python=remedy().python,
        papers=card.papers,
    )


def cards_of(arms: Iterable[Arm]) -> tuple[CardPage, ...]:
    """The cards of the remedies of arms, each once."""
    found = [remedy for arm in arms if (remedy := remedy_of(arm))]
    return tuple(card_of(REMEDIES[word]) for word in dict.fromkeys(part.word for one in found for part in one.parts))


def parameters_of(remedy: type[Remedy]) -> tuple[Parameter, ...]:
    """The parameters of a remedy: type and default from the dataclass, meaning from the docstring."""
    meanings = _documented(inspect.getdoc(remedy))
    return tuple(
        Parameter(each.name, each.type.__name__, written_value(each.default), meanings[each.name])
        for each in fields(remedy)
    )


def _documented(docstring: str) -> dict[str, str]:
    """What the section ``Args`` says of each parameter, on one line, as plain text."""
    section = re.split(r"\n\n", docstring.split("\nArgs:\n")[1])[0]
    entries = re.split(r"\n(?=    \w)", f"\n{section}")[1:]
    pairs = (entry.strip().split(": ", 1) for entry in entries)
    return {name: " ".join(text.replace("``", "").replace("`", "").split()) for name, text in pairs}
