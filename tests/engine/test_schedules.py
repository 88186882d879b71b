"""Learning-rate schedules against those of Keras and torch."""

import keras
import pytest
import torch

from regimen.engine.keras_schedules import KERAS_SCHEDULES
from regimen.engine.schedules import SCHEDULES, learning_rate
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Optimizer, Plan, Schedule

STEPS = 50


def rates(schedule, steps=STEPS, losses=(), rate=0.02):
    plan = Plan(Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 2)), schedule=schedule)
    plan = Plan(**{**vars(plan), "optimizer": Optimizer(learning_rate=rate)})
    return [learning_rate(plan, step, steps, losses) for step in range(steps)]


def test_without_a_schedule_the_rate_stays():
    assert rates(None) == [0.02] * STEPS


@pytest.mark.parametrize(("warmup", "floor"), [(0.0, 0.0), (0.2, 0.0), (0.1, 0.25)])
def test_cosine_is_kerass(warmup, floor):
    rising = round(warmup * STEPS)
    options = {"warmup_target": 0.02, "warmup_steps": rising} if rising else {}
    start = 0.0 if rising else 0.02
    theirs = keras.optimizers.schedules.CosineDecay(start, STEPS - rising, alpha=floor, **options)
    ours = rates(Schedule("cosine", {"warmup": warmup, "floor": floor}))
    assert ours == pytest.approx([float(theirs(step)) for step in range(STEPS)], abs=1e-8)


@pytest.mark.parametrize(("peak", "rise", "steps"), [(1.0, 0.3, 50), (4.0, 0.5, 31)])
def test_onecycle_is_torchs(peak, rise, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.02 * peak, total_steps=steps, pct_start=rise, cycle_momentum=False
    )
    expected = []
    for step in range(steps):
        expected.append(theirs.get_last_lr()[0])
        optimizer.step()
        if step < steps - 1:
            theirs.step()
    assert rates(Schedule("onecycle", {"peak": peak, "rise": rise}), steps) == pytest.approx(expected, abs=1e-9)


def test_onecycle_of_very_few_steps_is_finite():
    for steps in (1, 2, 3, 4):
        assert all(0 < rate <= 0.02 for rate in rates(Schedule("onecycle", {"peak": 1.0, "rise": 0.3}), steps))


LOSSES = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7, 0.75, 0.74, 0.73, 0.72, 0.71, 0.9]


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_plateau_is_kerass(patience):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.02), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=patience, min_delta=0.0, min_lr=0.0)
    callback.set_model(model)
    callback.on_train_begin()
    schedule = Schedule("plateau", {"factor": 0.5, "patience": patience})
    for epoch, loss in enumerate(LOSSES):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        (ours,) = rates(schedule, 1, LOSSES[: epoch + 1])
        assert ours == pytest.approx(float(model.optimizer.learning_rate), rel=1e-6)


def test_every_schedule_has_a_test():
    assert set(SCHEDULES) == {"cosine", "onecycle", "plateau", *KERAS_SCHEDULES}
