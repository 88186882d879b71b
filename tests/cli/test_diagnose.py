"""``regimen diagnose`` as a person meets it."""

import io
import json
import sys
from pathlib import Path

import pytest

from regimen.cli.main import run

SAMPLES = Path(__file__).parents[1] / "histories" / "samples"
PUBLISHED = Path(__file__).parents[2] / "docs" / "curves" / "published_curves.csv"


@pytest.fixture
def diagnose(capsys, monkeypatch, tmp_path):
    """Runs the command in an empty directory; status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = run(["diagnose", *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


def test_the_published_trainings(diagnose):
    status, out, err = diagnose(PUBLISHED)
    assert (status, err) == (0, "")
    words = " ".join(out.split())
    for name, stop, onset in (
        ("dropout-head", 13, 15),
        ("dropout-blocks", 17, 25),
        ("l2", 11, 13),
        ("batchnorm", 5, 8),
    ):
        assert f"{name} overfits epoch {onset} epoch {stop}" in words
    assert "These trainings cannot be ranked" in words
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_several_files_of_several_kinds_as_json(diagnose):
    status, out, err = diagnose(
        SAMPLES / "keras3_bars.txt", SAMPLES / "history.json", SAMPLES / "csvlogger.csv", "--json"
    )
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert [row["name"] for row in document["trainings"]] == ["keras3_bars", "history", "csvlogger"]
    assert len({row["stop_epoch"] for row in document["trainings"]}) == 1


def test_figure_and_standard_input(diagnose, tmp_path, monkeypatch):
    data = (SAMPLES / "keras3_bars.txt").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    status, out, _ = diagnose("-", "--figure", "curves.svg", "--validation-images", 1697)
    assert status == 0
    assert "standard input" in out
    assert "1,697 validation images" in " ".join(out.split())
    assert "Figure: curves.svg" in out
    assert b"<svg" in (tmp_path / "curves.svg").read_bytes()


@pytest.mark.parametrize("encoding", ["ascii", "cp949"])
def test_a_console_without_unicode(encoding, diagnose, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    status, *_ = diagnose(PUBLISHED)
    assert status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.log"], "There is no file 'nowhere.log'"),
        (["."], "is a folder"),
        ([PUBLISHED, "--figure", "curves.pdf"], ".png or .svg"),
        ([PUBLISHED, "--lang", "xx"], "'xx'"),
        ([PUBLISHED, "--validation-images", "0"], "x>=1"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, words, diagnose):
    status, out, err = diagnose(*arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
