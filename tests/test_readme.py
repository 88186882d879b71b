"""What README shows is run as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regimen.cli.main import run
from regimen.data import Dataset
from regimen.data.named import NAMED
from regimen.models.networks import build_network

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shell_commands(program):
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith(program)]


def test_the_example_prints_what_it_says(tmp_path):
    (code,), (shown,) = blocks("python"), blocks("text")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed, expected = done.stdout.splitlines(), shown.splitlines()
    assert printed[1].split() == expected[1].split()  # columns
    assert [line.split()[0] for line in printed[2:]] == [line.split()[0] for line in expected[2:]]  # arms
    # Numbers may differ in the last places from one processor to another: none by more than two points.
    for line, known in zip(printed[3:], expected[3:], strict=True):
        ours, theirs = (np.array(re.findall(r"-?\d\.\d+", text)[:1], float) for text in (line, known))
        np.testing.assert_allclose(ours, theirs, atol=0.02)


SMALLER = {
    "study": ["--epochs", "1", "--seeds", "1"],
    "search": ["--epochs", "1", "--seeds", "2", "--step-seeds", "2", "--arm", "flip"],
}
"""What makes a command of README quick: command → options."""


@pytest.mark.parametrize("command", shell_commands("regimen"))
def test_commands_run_as_written(command, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    noise = rng.integers(0, 256, (200, 32, 32, 3), dtype=np.uint8)
    monkeypatch.setitem(NAMED, "cifar10", lambda progress: Dataset.from_arrays(noise, np.arange(200) % 10))
    _, *words = shlex.split(command, comments=True)
    if "my_model.keras" in words:
        build_network("small_cnn", (16, 16, 3), 2).save("my_model.keras")
    assert run([*words, *SMALLER.get(words[0], ())]) == 0


def test_make_has_the_targets_it_names():
    targets = (ROOT / "Makefile").read_text()
    commands = shell_commands("make")
    assert commands
    for command in commands:
        assert f"\n{command.split()[1]}:" in targets


def test_pictures_and_links_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target
