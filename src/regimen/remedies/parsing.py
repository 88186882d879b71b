"""Reads arms as they are written on the command line and in study files.

``[name ":"] remedy { "+" remedy }``, where ``remedy = word [ "=" value { "|" value } ] { "," key "=" value }``. Each
``|`` makes one arm per value.
"""

import itertools
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from regimen.errors import RemedyError, nearest
from regimen.remedies.registry import REMEDIES
from regimen.remedies.remedy import Combination, Remedy


def parse_arms(text: str) -> dict[str, Remedy]:
    """The arms that one ``--arm`` names.

    Args:
        text: for example ``"dropout=0.2,where=blocks + flip"`` or ``"strong: dropout=0.3|0.5"``.

    Returns:
        Remedies by arm name, one per combination of alternatives. An arm without a name is called by its remedy; a
        named one with alternatives gets each value appended.

    Raises:
        RemedyError: an unknown remedy or parameter, a missing or unreadable value, or one out of range.

    >>> {name: str(remedy) for name, remedy in parse_arms("d: dropout=0.1|0.5,where=head + flip").items()}
    {'d 0.1': 'dropout=0.1,where=head + flip=0.5', 'd 0.5': 'dropout=0.5,where=head + flip=0.5'}
    """
    name, colon, rest = text.partition(":")
    if not colon:
        return {" + ".join(written): remedy for written, _, remedy in _read(text, text)}
    if not name.strip():
        raise RemedyError(f"The arm {text!r} has an empty name before the colon.")
    if "=" in name:
        raise RemedyError(
            f"The arm {text!r} has a colon after {name!r}; a colon only ends the arm's name. In a pattern on layer "
            "names write ? in its place."
        )
    return named_arms(name.strip(), rest)


def named_arms(name: str, text: str) -> dict[str, Remedy]:
    """The arms of a text without a name, and a name that stands apart from it, so that it may hold anything.

    Args:
        name: of the arm; with alternatives in the text each value is appended.
        text: for example ``"dropout=0.2,where=blocks + flip"``.

    Raises:
        RemedyError: as `parse_arms`.

    >>> list(named_arms("p=0.3: strong", "dropout=0.3")), list(named_arms("d", "dropout=0.1|0.5"))
    (['p=0.3: strong'], ['d 0.1', 'd 0.5'])
    """
    return {" ".join([name, *filter(None, values)]): remedy for _, values, remedy in _read(text, f"{name}: {text}")}


def _read(text: str, whole: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Remedy]]:
    """(remedies as written, their values where there are several, the remedy) of each arm in a text without a name."""
    for combination in itertools.product(*(_alternatives(part, whole) for part in text.split("+"))):
        written, values, remedies = zip(*combination, strict=True)
        yield written, values, remedies[0] if len(remedies) == 1 else Combination(remedies)


def _alternatives(text: str, whole: str) -> list[tuple[str, str, Remedy]]:
    """(as written, value as written, remedy) per alternative; the value is empty where there is but one."""
    first, *rest = (part.strip() for part in text.split(","))
    word, equals, values = (part.strip() for part in first.partition("="))
    if not word:
        raise RemedyError(f"The arm {whole!r} has an empty remedy. Write for example: dropout=0.2,where=blocks + flip")
    if word not in REMEDIES:
        raise RemedyError(f"There is no remedy {word!r}. {nearest(word, REMEDIES)}")
    remedy = REMEDIES[word]
    settings = _settings(remedy, rest, text)
    ending = "".join(f",{setting.replace(' ', '')}" for setting in rest)
    if not equals:
        return [(word + ending, "", remedy(**settings))]
    if remedy.strength is None:
        raise RemedyError(f"{word} takes no value; it has the parameters {', '.join(_types(remedy))}.")
    if remedy.strength in settings:
        raise RemedyError(f"{word}: {remedy.strength} is given twice in {text.strip()!r}: {first} sets it already.")
    choices = [value.strip() for value in values.split("|")]
    made = [remedy(**{remedy.strength: _value(remedy, remedy.strength, value)}, **settings) for value in choices]
    twice = [value for value, one in zip(choices, made, strict=True) if made.count(one) > 1]
    if twice:
        raise RemedyError(
            f"{word}: the values {', '.join(twice)} are the same; each value makes an arm, so name it once."
        )
    several = len(choices) > 1
    return [
        (f"{word}={value}{ending}", value if several else "", one) for value, one in zip(choices, made, strict=True)
    ]


def _settings(remedy: type[Remedy], parts: list[str], whole: str) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for part in parts:
        key, value = _setting(remedy, part, whole)
        if key in settings:
            raise RemedyError(f"{remedy.word}: {key} is given twice in {whole.strip()!r}.")
        settings[key] = value
    return settings


def _setting(remedy: type[Remedy], text: str, whole: str) -> tuple[str, Any]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise RemedyError(f"{remedy.word}: expected key=value, received {text!r} in {whole.strip()!r}.")
    if key not in _types(remedy):
        raise RemedyError(f"{remedy.word} has no parameter {key!r}. {nearest(key, _types(remedy))}")
    return key, _value(remedy, key, value)


def _value(remedy: type[Remedy], key: str, text: str) -> Any:
    kind = _types(remedy)[key]
    if not text:
        raise RemedyError(f"{remedy.word}: {key} has no value after the equals sign.")
    try:
        if kind is bool:
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise RemedyError(f"{remedy.word}: {key} must be {expected}; received {text!r}.") from None


def _types(remedy: type[Remedy]) -> dict[str, type]:
    return {item.name: item.type for item in fields(remedy)}
