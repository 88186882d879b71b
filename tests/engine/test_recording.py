"""Recorded steps against steps that the host takes one by one, and a step on a device that is not there.

PyTorch's tracer stands in for a GPU's recorder, and its tensors without content for those of a GPU.
"""

import itertools
from contextlib import ExitStack, nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from regimen.engine import recording
from regimen.engine.batches import Images
from regimen.engine.counterparts.noise import Dropout, GaussianNoise
from regimen.engine.optimizers import RECORDABLE
from regimen.engine.recording import CudaGraphs, RecordedStep
from regimen.engine.training import Run, RunData
from regimen.engine.updates import Updates
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Optimizer, Plan, Scaling
from regimen.remedies import parse_arms
from regimen.store.run_folder import RunFolder


class Tracer:
    """Records operations on tensors as a CUDA graph does: what the host computed stays as it was."""

    def __init__(self, run):
        self.run, self.recorded = run, 0

    def warm_up(self, function):
        return function()

    def record(self, function):
        self.recorded += 1
        average = self.run.updates.average
        state = [tensor for entry in self.run.updates.optimizer.state.values() for tensor in entry.values()]
        state += [*self.run.program.state_dict().values(), *(average.values if average else ())]
        before = [tensor.clone() for tensor in state]
        trace = torch.no_grad()(make_fx(function)())
        result = trace()
        with torch.no_grad():
            for tensor, value in zip(state, before, strict=True):
                tensor.copy_(value)  # tracing took the step, and so did the trace

        def replay():
            for held, value in zip(result, trace(), strict=True):
                held.copy_(value)

        return replay, result


@pytest.fixture
def make_run(tmp_path):
    numbers = itertools.count()

    def make(arm=None, optimizer=None, **settings):
        graph = Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 10))
        plan = Plan(
            graph, scaling=Scaling("standard", (120.0,), (60.0,)), optimizer=optimizer or Optimizer(), **settings
        )
        if arm is not None:
            (remedy,) = parse_arms(arm).values()
            for part in remedy.parts:
                plan, _ = part.apply(plan)
        rng = np.random.default_rng(0)
        images, labels = rng.integers(0, 255, (120, 8, 8, 1), dtype=np.uint8), np.arange(120) % 10
        data = RunData(*(Images.of(images, labels, part) for part in (np.arange(80), np.arange(80, 120))), None)
        return Run(plan, 0, data, RunFolder(tmp_path / f"run{next(numbers)}"))

    return make


@pytest.mark.parametrize(
    ("arm", "optimizer"),
    [
        (None, Optimizer(learning_rate=1e-3)),
        ("cosine", Optimizer("sgd", 1e-2, momentum=0.9, nesterov=True)),
        ("cosine", Optimizer("rmsprop", 1e-3, momentum=0.9, centered=True)),
        ("cosine + ema=0.9", Optimizer("rmsprop", 1e-3, weight_decay=0.1, clipnorm=0.1, clipvalue=0.01)),
        ("l2=0.01 + batchnorm + maxnorm=1 + clipnorm=0.5", Optimizer(epsilon=1e-2)),
        ("labelsmoothing=0.1 + mixup=0.4 + flip", Optimizer(epsilon=1e-2)),
    ],
    ids=["adam", "sgd", "rmsprop", "changes of weights", "layers", "images and labels"],
)
def test_recorded_steps_are_those_taken_one_by_one(arm, optimizer, make_run, monkeypatch):
    monkeypatch.setattr(recording, "WARM_UP", 1)
    one, other = make_run(arm, optimizer, epochs=4), make_run(arm, optimizer, epochs=4)
    other.updates.optimizer = RECORDABLE[optimizer.name](other.updates.parameters, optimizer)
    tracer = Tracer(other)
    other.recorded = RecordedStep(other.step, tracer)
    for epoch in range(1, 5):  # batches of 32, 32 and 16 images
        assert other._epoch(epoch) == pytest.approx(one._epoch(epoch), rel=1e-4)
    assert tracer.recorded == 2
    for name, value in one.program.weights().items():
        torch.testing.assert_close(other.program.weights()[name], value, rtol=1e-3, atol=1e-5)


def test_interrupted_recorded_runs_go_on(make_run):
    run, other = make_run(), make_run()
    for each in (run, other):
        each.updates.optimizer = RECORDABLE["adam"](each.updates.parameters, each.plan.optimizer)
        each.folder = run.folder
    run._epoch(1)
    run._checkpoint()
    other._restore()
    assert other._epoch(2) == run._epoch(2)


@pytest.fixture
def without_content():
    """Takes a run to torch's device meta, where tensors have no content, so that asking for a number is an error."""

    def moved(tensor):
        return None if tensor is None else tensor.to("meta")

    def move(run):
        run.program.to("meta")
        run.data = run.data.to("meta")
        run.scale.mean, run.scale.factor = moved(run.scale.mean), moved(run.scale.factor)
        run.class_weights, run.plan = moved(run.class_weights), replace(run.plan, device="cuda")
        run.updates = Updates(run.program, run.plan)
        entered.enter_context(torch.device("meta"))

    with ExitStack() as entered:
        yield move


@pytest.mark.parametrize(
    "arm",
    [
        "l2=0.01 + batchnorm + dropout=0.3 + gaussiannoise=0.1 + spatialdropout=0.1 + maxnorm=2 + clipnorm=1 + ema=0.9",
        "labelsmoothing + flip + shift + zoom + rotate + cutout + colorjitter + mixup + cutmix,alternate=true + cosine",
    ],
    ids=["layers", "images"],
)
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])  # torch's SGD looks for a device that is real
def test_no_step_waits_for_the_host(arm, optimizer, make_run, without_content):
    run, taken = make_run(arm, Optimizer(optimizer, weight_decay=0.1), class_weights="balanced"), []
    without_content(run)
    run.recorded = lambda *given: taken.append(run.step(*given)) or taken[-1]
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta"):  # the epoch's loss, in the end
        run._train_epoch(1)
    assert len(taken) == 3
    assert {tensor.device.type for step in taken for tensor in step} == {"meta"}


def test_a_recording_knows_what_every_layer_draws_from(make_run, monkeypatch):
    """A CUDA graph refuses, or repeats, numbers of a generator that was not registered before it is recorded."""
    known = []

    class Graph:
        def register_generator_state(self, generator):
            known.append(generator)

        def replay(self):
            pass

    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: None)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph, stream: nullcontext())
    program = make_run("dropout=0.2,where=blocks + gaussiannoise=0.1").program
    recorded = []
    CudaGraphs(program.generators()).record(lambda: recorded.append(len(known)))
    drawing = [part.generator for part in program.parts if isinstance(part, (Dropout, GaussianNoise))]
    assert len(drawing) == 3
    assert recorded == [3]
    assert all(mine is theirs for mine, theirs in zip(known, drawing, strict=True))
