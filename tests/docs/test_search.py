"""What docs/search.md shows can be run as it stands; its long example is only read, as is its output."""

import re
import shlex
from pathlib import Path

from regimen.cli.search import search

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_command_is_understood_and_its_candidates_are_in_the_output():
    program, command, *arguments = shlex.split(blocks("sh")[0])
    assert (program, command) == ("regimen", "search")
    given = search.make_context("search", arguments).params
    assert given["source"] == "digits"
    for arm in given["arms"]:
        assert arm in blocks("text")[0]
    assert max(map(len, blocks("text")[0].splitlines())) <= 80


def test_python_runs_as_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    (code,) = blocks("python")
    exec(code, names)
    found = names["found"]
    assert (tmp_path / "searches" / "digits" / "search.json").exists()
    assert (found.confirmation is None) == (found.combination == "baseline")
