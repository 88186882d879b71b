"""Templates: what they show is escaped, and messages are translated on the way."""

import shlex
from collections.abc import Callable
from typing import Any

from regimen.language import Message, say, translator


def phrases(lang: str) -> Callable[[Any], str]:
    """What translates, and keeps a number and its % on one line.

    Args:
        lang: one of `regimen.language.LANGUAGES`.

    Raises:
        OptionError: there is no such language.
    """
    translated = translator(lang)
    return lambda words: translated(words).replace(" %", "\u00a0%")


def environment(words: Callable[[Any], str]) -> Any:
    """Templates say messages with `say`; whatever they show is said in the reader's language.

    Args:
        words: says a message; see `phrases`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("regimen.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: words(value) if isinstance(value, Message) else value,
    )
    made.globals["say"] = say
    made.filters["quoted"] = shlex.quote
    return made
