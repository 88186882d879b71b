"""docs/lesson.md, in both languages, is written from a study, and its commands can be given."""

import re
import shlex
from pathlib import Path

import pytest

import regimen as rg
from regimen.cli.main import cli
from regimen.language import translator
from regimen.remedies import parse_arms
from regimen.report.wording import points

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    lang: (DOCS / name).read_text(encoding="utf-8") for lang, name in (("en", "lesson.md"), ("ko", "lesson.ko.md"))
}


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("lesson")


def test_a_study_becomes_the_lesson_in_both_languages(script, tutorials, tmp_path):
    for lang, name in script.PAGES.items():
        (tmp_path / name).write_text(PAGES[lang], encoding="utf-8")
    script.main([str(tutorials / "cifar10"), f"--docs={tmp_path}"])
    result = rg.load_result(tutorials / "cifar10")
    for lang, name in script.PAGES.items():
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert translator(lang)(result.summary.headline) in text
        for arm in result.summary.arms[1:]:
            differences = [points(difference) for difference in arm.comparison.per_seed]
            assert f"| `{arm.name}` | {' | '.join(differences)} |" in text
        for picture in re.findall(r"\]\((images/.+?)\)", text):
            assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_the_pages_are_in_step_with_the_study_that_is_kept(script, tmp_path):
    for lang, name in script.PAGES.items():
        (tmp_path / name).write_text(PAGES[lang], encoding="utf-8")
    script.main([f"--docs={tmp_path}"])
    for lang, name in script.PAGES.items():
        assert (tmp_path / name).read_text(encoding="utf-8") == PAGES[lang], "run: make docs"


@pytest.mark.parametrize("lang", PAGES)
def test_its_commands_can_be_given(lang):
    commands = re.findall(r"^regimen .+$|(?<=`)regimen [^`]+(?=`)", PAGES[lang], re.MULTILINE)
    assert len(commands) > 5
    for command in commands:
        _, name, *words = shlex.split(command)
        given = cli.commands[name].make_context(name, words).params
        for arm in given.get("arms", ()):
            parse_arms(arm)


def test_both_pages_have_the_same_parts_and_links():
    assert len({text.count("\n## ") for text in PAGES.values()}) == 1
    parts = [
        re.findall(r"<!-- (.+?) -->|^regimen ([^\n]+?)(?: --lang ko)?$", text, re.MULTILINE) for text in PAGES.values()
    ]
    assert parts[0] == parts[1]
