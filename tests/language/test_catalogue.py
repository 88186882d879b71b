"""The Korean catalogue: complete, nothing that is not used, and fit to be filled in."""

import ast
import contextlib
import re
import shlex
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from regimen.language.message import fields

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "regimen"

WITHOUT_HANGUL = {
    "1 point",
    "{points} points",
    "{points} points ({interval})",
    "{points} points, {interval}",
    "{arm} {difference} points ({limits})",
    "{arm}: {verdict}, {difference} points ({interval}); {known}",
    "{low} to {high}",
    "{smallest} to {largest}",
}
"""Templates with words that Korean writes in symbols, and code."""

AFTER_A_SOUND = r"\}(은|는|이|가|을|를|과|와|로|으로|이라|라|이나|나)(?![가-힣])"
"""A particle that depends on the last sound of the word before it, which in a field is not known."""


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """The source's messages, found by the command of `make messages`."""
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "pybabel -q extract" in line)
    command = shlex.split(line)
    path = tmp_path_factory.mktemp("messages") / "messages.pot"
    command[command.index("-o") + 1] = str(path)
    with contextlib.chdir(ROOT):
        CommandLineInterface().run(command)
    with path.open("rb") as file:
        return [entry for entry in read_po(file) if entry.id]


@pytest.fixture(scope="module")
def catalogue():
    with (SOURCE / "language" / "ko.po").open("rb") as file:
        return read_po(file, locale="ko")


@pytest.fixture(scope="module")
def translations(catalogue):
    """Pairs of template and translation; a plural's forms have the same one."""
    return [
        (template, form)
        for entry in catalogue
        if entry.id
        for template in _forms(entry.id)
        for form in _forms(entry.string)
    ]


def _forms(texts):
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _without_fields(template):
    return re.sub(r"\{\w*\}", "", template)


def test_every_message_is_translated(extracted, catalogue):
    assert len(extracted) > 300
    translated = {_forms(entry.id) for entry in catalogue if all(_forms(entry.string))}
    assert {_forms(entry.id) for entry in extracted} - translated == set()


def test_nothing_else_is_in_the_catalogue(extracted, catalogue):
    known = {_forms(entry.id) for entry in catalogue if entry.id}
    assert known - {_forms(entry.id) for entry in extracted} == set()
    assert not catalogue.obsolete
    assert not [entry.id for entry in catalogue if entry.id and entry.fuzzy]


def test_templates_are_written_out_where_they_are_used(extracted):
    """Only those can be extracted."""
    found = {form for entry in extracted for form in _forms(entry.id)}
    missed = []
    for path in SOURCE.rglob("*.py"):
        if path == SOURCE / "language" / "message.py":  # its `join` makes a template of separators
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("say", "plural"):
                texts = call.args[:1] if call.func.id == "say" else call.args[1:3]
                known = [getattr(text, "value", None) in found for text in texts]
                missed += [] if known and all(known) else [f"{path.name}:{call.lineno}"]
    assert missed == []


def test_fields_and_lines_are_kept(translations):
    for template, form in translations:
        assert fields(form) == fields(template), template
        assert form.count("\n") == template.count("\n"), template
        assert (form[:1] == " ", form[-1:] == " ") == (template[:1] == " ", template[-1:] == " "), template


def test_words_become_korean(translations):
    worded = {template for template, _ in translations if re.search("[A-Za-z]", _without_fields(template))}
    assert {template for template, form in translations if not re.search("[가-힣]", form)} & worded == WITHOUT_HANGUL
    for template, form in translations:
        if template not in worded:
            assert form.split() == template.split()


def test_no_particle_depends_on_the_sound_of_a_field(translations):
    assert [form for _, form in translations if re.search(AFTER_A_SOUND, form)] == []
