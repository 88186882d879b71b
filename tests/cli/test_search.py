"""``regimen search`` as a person meets it, with real runs: the model as it is diverges, clipped gradients mend that."""

import json
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from regimen.cli.main import run

MODEL = """
import keras

def build(input_shape, classes):
    layers = [keras.layers.Flatten(), keras.layers.Dense(16, "relu"), keras.layers.Dense(classes)]
    return keras.Sequential([keras.Input(input_shape), *layers])
"""
OPTIONS = ["--model", "mine.py:build", "--optimizer", "sgd", "--learning-rate", "1e30", "--arm", "clipnorm=1e-30"]
OPTIONS += ["--arm", "flip", "--epochs", "5", "--step-seeds", "3", "--seeds", "2", "--out", "found", "--workers", "1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3
    images = rng.integers(0, 150, (120, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label * 2 : label * 2 + 2] += 60
    np.savez(tmp_path / "bars.npz", x=images, y=labels)
    (tmp_path / "mine.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def call(capsys, *arguments):
    status = run(["search", *arguments])
    return status, *capsys.readouterr()


def finished_runs(folder):
    try:
        with sqlite3.connect(f"file:{folder}/study.sqlite?mode=ro", uri=True) as database:
            return {row[0] for row in database.execute("SELECT key FROM runs WHERE status IN ('finished', 'diverged')")}
    except sqlite3.OperationalError:
        return set()


def test_a_search_that_is_killed_goes_on_and_ends_with_a_confirmed_model(folder, capsys):
    command = [sys.executable, "-m", "regimen.cli.main", "search", "bars.npz", *OPTIONS]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(finished_runs("found/steps")) < 2:
        time.sleep(0.02)
    assert process.poll() is None, "the search ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = finished_runs("found/steps")

    status, out, err = call(capsys, "bars.npz", *OPTIONS)
    assert status == 0, err
    assert kept < finished_runs("found/steps")
    assert f"{len(kept)} runs of 9 finished before, not trained again" in err
    for words in ("Step 1: 2 candidates on the model as it is", "Step 1: clipnorm=1e-30 taken", "Confirmation:"):
        assert words in err
    for words in (
        "Step 2, on clipnorm=1e-30",
        "helps: taken",
        "Confirmation of clipnorm=1e-30",
        "best.keras",
        "report",
    ):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80
    for name in ("search.json", "steps/report.html", "confirmation/report.html", "confirmation/best.keras"):
        assert (folder / "found" / name).exists()

    status, out, err = call(capsys, "bars.npz", *OPTIONS, "--json")
    assert status == 0
    found = json.loads(out)
    assert [step["taken"] for step in found["steps"]] == ["clipnorm=1e-30", None]
    assert found["confirmation"]["arms"][1]["arm"] == found["combination"] == "clipnorm=1e-30"
    assert found == json.loads((folder / "found" / "search.json").read_text())
    assert "4 runs of 4 finished before" in err


def test_bad_input_is_one_clear_error(folder, capsys):
    for arguments, message in [
        (("missing",), "missing"),
        (("bars.npz", "--arm", "dropuot"), "Did you mean 'dropout'?"),
        (("bars.npz", "--budget", "soon"), "such as 30min or 2h; received 'soon'"),
        (("bars.npz", "--budget", "20"), "leaves no room to try a remedy"),
        (("bars.npz", "--seeds", "1"), "at least 2 seeds"),
    ]:
        status, out, err = call(capsys, *arguments)
        assert (status, out) == (2, "")
        assert message in err
        assert "Traceback" not in err


def test_an_interrupted_search_ends_with_status_130(folder, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("regimen.executors.local.LocalExecutor.run", interrupted)
    status, _, err = call(capsys, "bars.npz", *OPTIONS)
    assert status == 130
    assert "the same command goes on from here" in err
