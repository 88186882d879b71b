"""Says messages in another language, from a catalogue in gettext's format."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from regimen.errors import OptionError, nearest
from regimen.language.message import Message

LANGUAGES = {"en": "English", "ko": "한국어"}
"""Code → what the language calls itself."""


def translator(code: str) -> Callable[[Any], str]:
    """What says messages in a language.

    Args:
        code: one of `LANGUAGES`.

    Returns:
        A function of one text. A message is translated, its values included; any other text (a name, a number) is
        returned as it is.

    Raises:
        OptionError: there is no such language.

    >>> from regimen.language.message import say
    >>> translator("en")(say("{several} and {last}", several="l2", last="flip"))
    'l2 and flip'
    """
    if code not in LANGUAGES:
        raise OptionError(f"There is no language {code!r}. {nearest(str(code), LANGUAGES)}")
    if code == "en":
        return str
    found = catalogue(code)

    def translated(value: Any) -> str:
        if not isinstance(value, Message):
            return str(value)
        entry = found.get(value.text)
        # A template that only joins other messages is in no catalogue.
        text = value.text if entry is None else entry
        return text.format(**{name: translated(part) for name, part in value.values.items()})

    return translated


@cache
def catalogue(code: str) -> dict[str, str]:
    """English template → template in another language; of templates with a plural, the first form."""
    from babel.messages.pofile import read_po

    with (resources.files("regimen") / "language" / f"{code}.po").open("rb") as file:
        entries = read_po(file, locale=code)
    forms = {
        entry.id if isinstance(entry.id, str) else entry.id[0]: (
            entry.string if isinstance(entry.string, str) else entry.string[0]
        )
        for entry in entries
        if entry.id
    }
    return {text: form for text, form in forms.items() if form}
