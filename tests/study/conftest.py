import io
import json

import numpy as np
import pytest

import regimen as rg
from regimen.executors.job import Event
from regimen.executors.worker import serve


class InlineExecutor:
    """Trains jobs in this process, so that most tests need no worker."""

    def __init__(self):
        self.trained = []

    def run(self, jobs):
        for job in jobs:
            self.trained.append((job.key, job.seed))
            events = io.StringIO()
            serve(job, events)
            yield from (Event(**json.loads(line)) for line in events.getvalue().splitlines())


@pytest.fixture
def executor():
    return InlineExecutor()


def make_arrays(count=120, side=8, classes=3, seed=0, channels=1):
    """Images that a small network learns: a bright bar whose position is the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = rng.integers(0, 150, (count, side, side, channels), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label * 2 : label * 2 + 2] += 30
    return images, labels


@pytest.fixture
def data():
    return rg.Dataset.from_arrays(*make_arrays(), *make_arrays(30, seed=1), class_names=["top", "middle", "bottom"])


@pytest.fixture
def make_study(data, tmp_path):
    def make(source=None, **settings):
        # float32 on every machine: what is computed is compared with Keras' own results
        defaults = {"arms": {"dropout": rg.Dropout(0.3)}, "epochs": 4, "seeds": 2, "precision": "float32"}
        defaults["out"] = tmp_path / "study"
        return rg.Study(data if source is None else source, **{**defaults, **settings})

    return make
