import json

import keras

from regimen.executors.job import Event, Job
from regimen.models.graph import Graph
from regimen.plan import Optimizer, Plan, Scaling, Stopping, Transform


def test_jobs_travel_as_json():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    plan = Plan(
        Graph.from_keras(model),
        scaling=Scaling("standard", (1.5,), (2.5,)),
        transforms=(Transform("flip", {"probability": 0.5, "direction": "horizontal"}),),
        optimizer=Optimizer("sgd", 0.1, 0.9, True),
        stopping=Stopping(3),
    )
    job = Job("key", plan, 7, "study", "data", "weights")
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
    assert Job.from_json(json.loads(json.dumps(job.to_json()))).plan.digest() == plan.digest()


def test_events_travel_as_lines():
    event = Event("epoch", "key", {"epoch": 1, "metrics": {"loss": 1 / 3}})
    assert "\n" not in event.to_line()
    assert Event.from_line(event.to_line()) == event
