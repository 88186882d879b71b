"""Worker processes: they train, print freely, die and are replaced."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from regimen.data import Dataset
from regimen.errors import OptionError
from regimen.executors import Job, LocalExecutor, resolve_workers
from regimen.executors.local import available_cores
from regimen.models.graph import Graph
from regimen.plan import Plan, Scaling
from regimen.store import RunFolder, StudyStore


def in_worker():
    return "regimen.executors.worker" in " ".join(sys.orig_argv)


class Printing(keras.layers.Layer):
    """A layer of the user's own that prints where it should not."""

    def call(self, x):
        print("printed by a user's layer")
        os.write(1, b"written to standard output\n")
        return x * 2


class Dying(keras.layers.Layer):
    """A layer that takes its process down, as running out of memory would."""

    def call(self, x):
        if in_worker():
            os.kill(os.getpid(), signal.SIGKILL)
        return x


class Failing(keras.layers.Layer):
    """A layer that raises once it sees images."""

    def call(self, x):
        if in_worker():
            raise ZeroDivisionError("no such luck")
        return x


@pytest.fixture
def jobs(tmp_path):
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(rng.integers(0, 256, (30, 6, 6, 1), dtype=np.uint8), np.arange(30) % 3)
    store = StudyStore.create(tmp_path / "study", "x")
    store.write_split({"training": np.arange(20), "validation": np.arange(20, 30)})
    store.close()

    def make(layer=None, epochs=3, count=1):
        inner = [layer] if layer is not None else []
        model = keras.Sequential([keras.Input((6, 6, 1)), *inner, keras.layers.Flatten(), keras.layers.Dense(3)])
        plan = Plan(Graph.from_keras(model), scaling=Scaling("unit", (0.0,), (255.0,)), epochs=epochs)
        return [Job(f"run{seed}", plan, seed, str(tmp_path / "study"), str(data.mapped())) for seed in range(count)]

    return make


def workers():
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "regimen.executors.worker" in line]


def run(jobs, tmp_path, count=1):
    return list(LocalExecutor(count, tmp_path / "logs").run(jobs))


def test_every_job_ends_and_its_events_come_in_order(jobs, tmp_path):
    events = run(jobs(Printing(), count=3), tmp_path, count=2)
    for key in ("run0", "run1", "run2"):
        assert [event.kind for event in events if event.key == key] == ["started", *["epoch"] * 3, "ended"]
        assert RunFolder(tmp_path / "study" / "runs" / key).result()["status"] == "finished"
    ended = next(event for event in events if event.kind == "ended")
    assert ended.data["environment"]["torch"].startswith("2.")
    assert ended.data["run_by_keras"] == ["printing"]
    assert "printed by a user's layer" in "".join(log.read_text() for log in (tmp_path / "logs").iterdir())


def test_a_run_that_an_earlier_study_finished_is_not_trained_again(jobs, tmp_path):
    first, second = run(jobs(), tmp_path), run(jobs(), tmp_path)
    assert [event.kind for event in second] == ["started", "ended"]
    history = second[-1].data["history"]
    epochs = [event.data["metrics"] for event in first if event.kind == "epoch"]
    assert [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)] == epochs


def test_a_worker_that_dies_is_replaced_once_then_the_run_fails(jobs, tmp_path):
    dying, (healthy,) = jobs(Dying()), jobs()
    events = run([*dying, Job(**{**vars(healthy), "key": "healthy"})], tmp_path)
    failed = [event for event in events if event.kind == "failed"]
    assert [event.key for event in failed] == ["run0"]
    assert "died 2 times" in failed[0].data["error"]
    assert events[-1].key == "healthy"
    assert events[-1].kind == "ended"


def test_a_run_whose_worker_is_killed_once_goes_on(jobs, tmp_path):
    executor = LocalExecutor(1, tmp_path / "logs")
    events = []
    for event in executor.run(jobs(epochs=400)):
        events.append(event)
        if event.kind == "epoch" and sum(e.kind == "started" for e in events) == 1 and event.data["epoch"] == 5:
            for process in workers():
                os.kill(process, signal.SIGKILL)
    assert [event.kind for event in events if event.kind != "epoch"] == ["started", "started", "ended"]
    assert events[-1].data["status"] == "finished"


def test_an_exception_fails_the_run_and_is_told(jobs, tmp_path):
    (failed,) = run(jobs(Failing()), tmp_path)
    assert failed.kind == "failed"
    assert "no such luck" in failed.data["error"]


def test_closing_the_iterator_stops_the_workers(jobs, tmp_path):
    events = LocalExecutor(1, tmp_path / "logs").run(jobs(epochs=10**6))
    while next(events).kind != "epoch":
        assert workers()
    events.close()
    assert not workers()


@pytest.mark.parametrize(("wanted", "expected"), [("auto", available_cores()), (3, 3), ("2", 2)])
def test_number_of_workers(wanted, expected):
    assert resolve_workers(wanted) == expected


def test_a_gpu_has_one_worker_unless_told_otherwise():
    assert resolve_workers("auto", "cuda") == 1
    assert resolve_workers(3, "cuda") == 3


@pytest.mark.parametrize("wanted", [0, -1, "many", 1.5, None])
def test_nonsense_for_workers_is_refused(wanted):
    with pytest.raises(OptionError, match="workers must be auto or a whole number"):
        resolve_workers(wanted if wanted != 1.5 else "1.5")
