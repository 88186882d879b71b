"""A sentence that remembers how it was made.

Requirements: whoever makes a sentence knows no language but English and no global state; it is a ``str`` and can be
used as one; it survives a trip through JSON; a sentence within a sentence is translated too.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any


class Message(str):
    """English text, and the template and values that it was made from.

    Attributes:
        text: the template, with named fields as `str.format` takes them. It is what a translation is found by.
        values: field → value; values may be messages themselves.
        number: what the template's grammatical number depends on; None where nothing does.
    """

    text: str
    values: Mapping[str, Any]
    number: int | None

    def __new__(cls, english: str, text: str, values: Mapping[str, Any], number: int | None = None) -> "Message":
        """A message whose English form is known; see `say` and `plural`."""
        made = super().__new__(cls, english)
        made.text, made.values, made.number = text, values, number
        return made

    def __getnewargs__(self) -> tuple[str, str, Mapping[str, Any], int | None]:
        """What a copy or an unpickled message is made from."""
        return str(self), self.text, self.values, self.number


def say(text: str, **values: Any) -> Message:
    """A sentence made from a template.

    Args:
        text: the template in English. Translations are extracted from the source, so it must be written out where
            `say` is called.
        values: of its fields.

    Raises:
        ValueError: the template's fields and the values differ.

    >>> say("The gap is {gap} points.", gap="2.5")
    'The gap is 2.5 points.'
    """
    return Message(_filled(text, values), text, values)


def plural(number: int, one: str, many: str, **values: Any) -> Message:
    """A sentence whose wording depends on a number.

    Args:
        number: which; in the templates it is the field ``{number}``, with thousands separated.
        one: the template for 1.
        many: the template for all others.
        values: of their other fields.

    >>> plural(1, "{number} seed", "{number} seeds"), plural(2000, "{number} seed", "{number} seeds")
    ('1 seed', '2,000 seeds')
    """
    values = {**values, "number": f"{number:,}"}
    return Message((one if number == 1 else many).format(**values), one, values, number)


def join(parts: Sequence[str], separator: str = " ") -> Message:
    """Texts and messages one after the other; empty ones are left out.

    >>> join([say("It overfits."), "", say("It is small.")])
    'It overfits. It is small.'
    """
    values = {f"part{index}": part for index, part in enumerate(filter(None, parts))}
    separator = separator.replace("{", "{{").replace("}", "}}")
    return say(separator.join(f"{{{name}}}" for name in values), **values)


def listing(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listing(["l2", "dropout", "flip"])
    'l2, dropout and flip'
    """
    if len(names) < 2:
        return names[0] if names else ""
    return say("{several} and {last}", several=join(names[:-1], ", "), last=names[-1])


def encode(value: Any) -> Any:
    """Nested plain data with messages in it as data that JSON can hold."""
    if isinstance(value, Message):
        return {"say": value.text, "english": str(value), "number": value.number, "values": encode(value.values)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """The inverse of `encode`; tuples come back as lists."""
    if isinstance(value, dict) and set(value) == {"say", "english", "number", "values"}:
        return Message(value["english"], value["say"], decode(value["values"]), value["number"])
    if isinstance(value, dict):
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def fields(text: str) -> set[str]:
    """The names of a template's fields."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _filled(text: str, values: Mapping[str, Any]) -> str:
    if fields(text) != set(values):
        raise ValueError(f"The template {text!r} has the fields {sorted(fields(text))}; received {sorted(values)}.")
    return text.format(**values)
