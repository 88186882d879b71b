from dataclasses import fields, replace

import keras
import pytest
from keras import layers

from regimen.models.graph import Graph
from regimen.plan import Mixing, Optimizer, Plan, Scaling, Schedule, Stopping, Transform

CHANGED = {
    "graph": None,
    "loss": "binary",
    "scaling": Scaling("unit", (0.0,), (255.0,)),
    "transforms": (Transform("flip"),),
    "mixing": (Mixing("mixup", 0.2),),
    "label_smoothing": 0.1,
    "class_weights": "balanced",
    "optimizer": Optimizer(decayed=("dense",)),
    "schedule": Schedule("cosine"),
    "averaging": 0.9,
    "stopping": Stopping(3),
    "batch_size": 16,
    "shuffle": "once",
    "epochs": 29,
    "precision": "bfloat16",
    "device": "cuda",
    "threads": 2,
    "weights": "0" * 64,
}


def graph(units):
    return Graph.from_keras(keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(units)]))


@pytest.mark.parametrize("name", [field.name for field in fields(Plan)])
def test_every_setting_enters_the_digest_unless_it_is_the_default(name):
    plan = Plan(graph(3))
    other = replace(plan, **{name: graph(4) if name == "graph" else CHANGED[name]})
    assert other.digest() != plan.digest()
    assert Plan.from_json(other.to_json()).digest() == other.digest()


def test_a_setting_at_its_default_changes_no_digest(monkeypatch):
    plan = Plan(graph(3), epochs=5)
    before = plan.digest()
    monkeypatch.setattr("regimen.plan.fields", lambda item: [each for each in fields(item) if each.name != "shuffle"])
    assert plan.digest() == before
