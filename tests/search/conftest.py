"""Searches whose runs are not trained, but end with chosen predictions."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import regimen as rg
from regimen.analysis import HISTORY_METRICS
from regimen.executors import Event
from regimen.store import StudyStore

HISTORY = {name: [0.5] * 3 for name in HISTORY_METRICS}
RIGHT = 200  # of 450 validation images, without a remedy


class Untrained:
    """Ends every run at once: its remedies add what they gain to the images that are classified right.

    Args:
        gains: word of a remedy, or several joined by ``+`` that are trained together → images, in steps.
        confirmed: the same in the confirming study; by default as in the steps.
        seconds: of training, per run.
        fails: word of a remedy whose runs fail.
        stop_after: runs after which the process is interrupted.
    """

    def __init__(self, gains, confirmed=None, seconds=1.0, fails=None, stop_after=None):
        self.gains, self.confirmed = gains, gains if confirmed is None else confirmed
        self.seconds, self.fails, self.stop_after = seconds, fails, stop_after
        self.trained = []

    def run(self, jobs):
        for job in jobs:
            if self.stop_after is not None and len(self.trained) == self.stop_after:
                raise KeyboardInterrupt("stopped")
            words = words_of(job.plan)
            self.trained.append((Path(job.study).name, words, job.seed))
            if self.fails in words:
                yield Event("failed", job.key, {"error": "out of memory"})
                continue
            gains = self.gains if Path(job.study).name == "steps" else self.confirmed
            gained = sum(images for needed, images in gains.items() if set(needed.split("+")) <= set(words))
            with StudyStore.open(Path(job.study)) as store:
                labels, folder = store.split()["validation_labels"], store.run_folder(job.key)
            said = np.where(np.arange(len(labels)) < RIGHT + gained + job.seed % 3, labels, (labels + 1) % 3)
            probabilities = np.eye(3, dtype=np.float32)[said]
            folder.finish({}, {"validation_selected": probabilities, "validation_last": probabilities}, {})
            ended = {"status": "finished", "selected_epoch": 1, "wall_seconds": self.seconds, "environment": {}}
            yield Event("ended", job.key, {**ended, "run_by_keras": (), "history": HISTORY})

    def counted(self):
        """Runs by study and combination."""
        return Counter((study, " + ".join(words)) for study, words, _ in self.trained)


def words_of(plan):
    """The remedies that made a plan, in the order of this list."""
    layers = plan.graph.layers
    found = {
        "dropout": any(layer.class_name == "Dropout" for layer in layers),
        "batchnorm": any(layer.class_name == "BatchNormalization" for layer in layers),
        "l2": any(layer.config.get("kernel_regularizer") for layer in layers),
        **{kind: any(item.kind == kind for item in plan.transforms) for kind in ("flip", "shift")},
        "earlystop": plan.stopping is not None,
    }
    return tuple(word for word, there in found.items() if there)


@pytest.fixture(autouse=True)
def _no_model_is_handed_over(monkeypatch):
    monkeypatch.setattr("regimen.study.conduct.export_best", lambda *args: None)


@pytest.fixture(scope="session")
def images():
    rng = np.random.default_rng(0)
    return rg.Dataset.from_arrays(rng.integers(0, 256, (1500, 8, 8, 1), np.uint8), np.arange(1500) % 3)


@pytest.fixture
def search(images, tmp_path, monkeypatch):
    """Runs a search of dropout, flip and l2 with what it is given."""
    monkeypatch.chdir(tmp_path)

    def run(executor, events=None, data=images, step_seeds=3, budget=None, **settings):
        settings = {"arms": ["dropout", "flip", "l2"], "epochs": 4, "seeds": 4, "out": tmp_path / "found", **settings}
        asked = rg.Search(rg.Study(data, **settings), step_seeds=step_seeds, budget=budget)
        return asked.run(None if events is None else events.append, executor=executor)

    return run
