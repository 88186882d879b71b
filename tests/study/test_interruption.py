"""A study that is killed, at whatever moment, ends with the numbers of one that was left alone."""

import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

import regimen as rg
from regimen.store import StudyStore

from .conftest import make_arrays


@pytest.fixture
def command(tmp_path, monkeypatch):
    images, labels = make_arrays(240, side=12)
    np.savez(tmp_path / "bars.npz", x=images, y=labels)
    monkeypatch.chdir(tmp_path)
    options = ["--model", "digits_cnn", "--arm", "dropout=0.3", "--arm", "batchnorm + shift"]
    options += ["--seeds", "1", "--epochs", "100", "--workers", "2"]
    return lambda out: [sys.executable, "-m", "regimen.cli.main", "study", "bars.npz", *options, "--out", out]


def epochs_stored(folder):
    try:
        with sqlite3.connect(f"file:{folder}/study.sqlite?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM epochs").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def processes(*options):
    found = subprocess.run(["ps", "-o", "pid=", *options], capture_output=True, text=True)
    return found.stdout.split()


def kill_when(ready, command):
    """Kills a study at some moment; its orphaned workers notice that nobody listens, and end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not ready():
        time.sleep(0.02)
    assert process.poll() is None, "the study ended before it could be killed"
    workers = processes("--ppid", str(process.pid))
    assert len(workers) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while processes("-p", ",".join(workers)):
        assert time.monotonic() < deadline, "workers outlive their study"
        time.sleep(0.05)


def assert_same_study(one, other):
    with StudyStore.open(one) as first, StudyStore.open(other) as second:
        assert first.runs().keys() == second.runs().keys()
        for key, run in first.runs().items():
            assert (run.status, run.selected_epoch) == ("finished", second.runs()[key].selected_epoch)
            for name, values in first.history(key).items():
                np.testing.assert_array_equal(values, second.history(key)[name])
            ours, theirs = first.run_folder(key), second.run_folder(key)
            for name, weight in ours.weights().items():
                np.testing.assert_array_equal(weight, theirs.weights()[name])
            np.testing.assert_array_equal(
                ours.predictions("validation_selected"), theirs.predictions("validation_selected")
            )


def test_killed_studies_go_on_and_end_with_the_same_numbers(command, tmp_path):
    subprocess.run(command("whole"), check=True, capture_output=True)
    folder = tmp_path / "killed"
    kill_when(lambda: epochs_stored(folder) > 0, command("killed"))
    kill_when(lambda: any(folder.glob("runs/*/checkpoint.safetensors")), command("killed"))
    subprocess.run(command("killed"), check=True, capture_output=True)
    assert_same_study(tmp_path / "whole", tmp_path / "killed")
    assert rg.load_result(tmp_path / "whole").verdicts.equals(rg.load_result(tmp_path / "killed").verdicts)


def test_an_interrupted_study_ends_with_status_130_and_saved_state(command, tmp_path):
    process = subprocess.Popen(command("stopped"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while epochs_stored(tmp_path / "stopped") < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command goes on from here" in errors
    assert "Traceback" not in errors
    assert epochs_stored(tmp_path / "stopped") >= 3
