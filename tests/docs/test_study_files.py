"""What docs/study_files.md says is so."""

import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import regimen as rg
from regimen.cli.study import study
from regimen.study.file import NOT_IN_FILES, presets
from regimen.study.planning import plan_trial, read_arms

PAGE = (Path(__file__).parents[2] / "docs" / "study_files.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows():
    """Key → (what it says, default)."""
    table = PAGE[PAGE.index("| key |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    return {key.strip("`"): (says, default) for key, says, default in cells}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(blocks("toml")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_key_is_told_with_its_default():
    settings = {item.name.replace("_", "-"): item.default for item in fields(rg.Study) if item.name not in NOT_IN_FILES}
    assert list(rows()) == list(settings)
    for key, (_, said) in rows().items():
        default = settings[key] * 100 if key == "margin" else settings[key]
        if isinstance(default, str | bool | int | float):
            text = said.strip("`")
            assert (float(text) if isinstance(default, float) else tomllib.loads(f"x = {text}")["x"]) == default


def test_the_example_is_a_study(folder):
    trial = plan_trial(rg.Study.read("mine.toml"))
    assert [arm.name for arm in trial.arms] == ["baseline", "dropout", "little dropout", "both"]
    assert trial.baseline.epochs == 100


@pytest.mark.parametrize("command", re.findall(r"^regimen .*$|(?<=`)regimen [^`]*(?=`)", PAGE, re.MULTILINE))
def test_commands_are_understood(command, folder):
    _, *words = shlex.split(command, comments=True)
    if words[0] == "study":
        given = study.make_context("study", words[1:]).params
        assert given["preset"] in (None, *presets())
    else:
        assert words == ["list", "presets"]


def test_python_runs_as_written(folder):
    names = {}
    exec(blocks("python")[0], names)
    assert names["again"].epochs == 1
    assert read_arms(names["again"].arms) == read_arms(names["study"].arms)
    assert names["preset"].name == "digits-demo"
    assert "digits-demo" in presets()
