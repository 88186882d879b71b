"""What docs/diagnose.md shows is run as it stands."""

import json
import re
import shlex
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import regimen as rg
from regimen.cli.main import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "diagnose.md").read_text()
SAMPLES = ROOT / "tests" / "histories" / "samples"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    log = (SAMPLES / "keras3_lines_callbacks.txt").read_bytes().decode()
    (tmp_path / "train.log").write_bytes(log.encode())
    shutil.copy(SAMPLES / "csvlogger.csv", tmp_path / "history.csv")
    cell = {"cell_type": "code", "outputs": [{"output_type": "stream", "name": "stdout", "text": [log]}]}
    (tmp_path / "notebook.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_prints_what_it_says(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(shlex.split(COMMANDS[0])[1:]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.strip("\n").splitlines()] == blocks("text")[
        0
    ].splitlines()


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_commands_run_as_written(command, folder, capsys):
    assert run(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().err == ""


def test_python_runs_as_written(capsys):
    rng = np.random.default_rng(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = rng.random((40, 4)).astype("float32"), rng.integers(0, 3, 40)
    names = {"model": model, "x_train": x[:20], "y_train": y[:20], "x_val": x[20:], "y_val": y[20:]}
    for block in blocks("python"):
        exec(block.replace("epochs=20", "epochs=2"), names)
    assert names["found"][0].name == "training"
    assert names["monitor"].diagnosis[0].gap_is_clean
    assert isinstance(rg.diagnose(names["history"]).to_frame().loc["training", "verdict"], str)
