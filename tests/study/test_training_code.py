"""The lines of plain Keras about training, by what they do in Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

import regimen as rg
from regimen.engine.schedules import learning_rate
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Optimizer, Plan, Schedule
from regimen.remedies import parse_arms
from regimen.study.optimizers import read_optimizer
from regimen.study.training_code import training_lines


@pytest.fixture
def plan():
    return Plan(Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 3)), epochs=10)


def lines_of(plan, text):
    ((_, remedy),) = parse_arms(text).items()
    return list(training_lines(plan, remedy.apply(plan)[0]))


def executed(plan, text, **names):
    """What the lines define."""
    space = {"keras": keras, "steps_per_epoch": 7, **names}
    for line in lines_of(plan, text):
        exec(line.code, space)
    return space


def test_a_training_that_does_not_differ_has_no_lines(plan):
    assert lines_of(plan, "dropout") == []


@pytest.mark.parametrize("text", ["cosine", "cosine,warmup=0.2,floor=0.1"])
def test_the_schedule_is_the_arms(plan, text):
    rate = executed(plan, text)["optimizer"]._learning_rate
    ((_, remedy),) = parse_arms(text).items()
    changed = remedy.apply(plan)[0]
    ours = [learning_rate(changed, step, 70, ()) for step in range(70)]
    assert ours == pytest.approx([float(rate(step)) for step in range(70)], abs=1e-9)


def test_onecycle_is_near_and_says_so(plan):
    (line,) = lines_of(plan, "onecycle")
    assert "; nearly what was done here: the rate rises linearly" in line.note
    rate = executed(plan, "onecycle")["optimizer"]._learning_rate
    ((_, remedy),) = parse_arms("onecycle").items()
    ours = [learning_rate(remedy.apply(plan)[0], step, 70, ()) for step in range(70)]
    assert np.abs(np.subtract(ours, [float(rate(step)) for step in range(70)])).max() < 0.15 * max(ours)


def test_optimizers_are_the_arms(plan):
    optimizer = executed(plan, "clipnorm=0.5 + ema=0.9")["optimizer"]
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert (optimizer.global_clipnorm, optimizer.use_ema, optimizer.ema_momentum) == (0.5, True, 0.9)
    settings = Optimizer("sgd", 0.02, momentum=0.8, nesterov=True)
    plan = Plan(**{**vars(plan), "optimizer": settings})
    optimizer = executed(plan, "clipnorm=0.5")["optimizer"]
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (optimizer.momentum, optimizer.nesterov, float(optimizer.learning_rate)) == (0.8, True, pytest.approx(0.02))


@pytest.mark.parametrize(
    "settings",
    [
        Optimizer("rmsprop", 0.02, momentum=0.8, rho=0.7, epsilon=1e-3, centered=True, weight_decay=0.1),
        Optimizer("adam", 0.02, weight_decay=0.1, undecayed=("beta", "bias")),
    ],
    ids=["rmsprop", "adamw"],
)
def test_what_the_study_says_of_its_optimizer_stays(plan, settings):
    optimizer = executed(replace(plan, optimizer=settings), "clipnorm=0.5")["optimizer"]
    found, _ = read_optimizer(rg.Study("digits", optimizer=optimizer))
    assert found == replace(settings, global_clipnorm=0.5)


def test_the_studys_schedule_stays(plan):
    settings = {"boundaries": [5, 20], "values": [0.1, 0.01, 0.001]}
    plan = replace(plan, optimizer=Optimizer("sgd", 1.0), schedule=Schedule("PiecewiseConstantDecay", settings))
    optimizer = executed(plan, "clipnorm=0.5")["optimizer"]
    found, schedule = read_optimizer(rg.Study("digits", optimizer=optimizer))
    assert found == replace(plan.optimizer, global_clipnorm=0.5)
    assert schedule == plan.schedule


def test_averages_are_swapped_in_before_another_callback_looks(plan):
    swap, stop = executed(plan, "earlystop=2 + ema")["callbacks"]
    assert isinstance(swap, keras.callbacks.SwapEMAWeights)
    assert swap.swap_on_epoch
    assert isinstance(stop, keras.callbacks.EarlyStopping)


def test_plateau_is_the_callback(plan):
    (callback,) = executed(plan, "plateau=3,factor=0.2")["callbacks"]
    assert isinstance(callback, keras.callbacks.ReduceLROnPlateau)
    assert (callback.patience, callback.factor, callback.min_delta) == (3, 0.2, 0)


@pytest.mark.parametrize(
    ("units", "activation", "expected"),
    [
        (3, "softmax", keras.losses.CategoricalCrossentropy(label_smoothing=0.2)),
        (3, "linear", keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)),
        (1, "sigmoid", keras.losses.BinaryCrossentropy(label_smoothing=0.2)),
    ],
)
def test_the_loss_is_the_arms(units, activation, expected):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(units, activation=activation)])
    plan = Plan(Graph.from_keras(model), loss="binary" if units == 1 else "categorical")
    assert executed(plan, "labelsmoothing=0.2")["loss"].get_config() == expected.get_config()


def test_the_callback_stops_where_the_arm_stopped(make_study, executor):
    study = make_study(arms=["earlystop=2", "earlystop=1,restore_best=false"], epochs=30, learning_rate=0.01)
    result = study.run(executor=executor)
    for arm in result.summary.arms[1:]:
        (line,) = result.details.code[arm.name].keras
        assert line.note == "new, for model.fit(…, callbacks=callbacks); exactly what was done here"
        for run in arm.runs:
            space = {"keras": keras}
            exec(line.code, space)
            (callback,) = space["callbacks"]
            model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
            model.compile(loss="mse")
            callback.set_model(model)
            callback.on_train_begin()
            for epoch, loss in enumerate(run.history["clean_val_loss"]):
                assert not model.stop_training
                callback.on_epoch_end(epoch, {"val_loss": loss})
            assert model.stop_training
            assert callback.best_epoch == run.selected_epoch - 1


def test_differences_of_the_callback_are_said(plan):
    *_, line = lines_of(plan, "l2 + labelsmoothing + earlystop=3")
    assert line.note.endswith(
        "nearly what was done here: val_loss in Keras holds the penalties and "
        "val_loss in Keras holds the label smoothing"
    )
    (line,) = lines_of(plan, "earlystop=3,min_delta=0.01")
    assert 'EarlyStopping(monitor="val_loss", patience=3, min_delta=0.01, restore_best_weights=True)]' in line.code
    assert "not to the lowest loss" in line.note


def with_a_nested_model():
    block = keras.Sequential([layers.Conv2D(2, 3, name="c"), layers.BatchNormalization(name="n")], name="block")
    given = keras.Input((8, 8, 1))
    x = layers.SeparableConv2D(2, 3, name="s")(block(given))
    x = layers.Dense(4, name="hidden")(layers.Flatten()(x))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="output")(x))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weightdecay=0.05", ["c/kernel", "s/depthwise_kernel", "s/pointwise_kernel", "hidden/kernel"]),
        ("weightdecay=0.05,where=dense", ["hidden/kernel"]),
    ],
)
def test_the_kernels_that_decay_are_the_arms(text, expected):
    model = with_a_nested_model()
    model.set_weights([np.ones(weight.shape) for weight in model.weights])  # biases too would change if they decayed
    plan = Plan(Graph.from_keras(model))
    optimizer = executed(plan, text, model=model)["optimizer"]
    model.compile(optimizer, "sparse_categorical_crossentropy")
    optimizer.build(model.trainable_variables)
    assert optimizer.weight_decay == 0.05
    before = {weight.path: weight.numpy().copy() for weight in model.trainable_weights}
    optimizer._apply_weight_decay(model.trainable_variables)
    shrunk = [path for path, array in before.items() if not np.array_equal(array, _weight(model, path))]
    assert ["/".join(path.split("/")[-2:]) for path in shrunk] == expected
    for path in shrunk:
        np.testing.assert_allclose(_weight(model, path), before[path] * (1 - 0.05 * 0.001), rtol=1e-6)


def _weight(model, path):
    return next(weight.numpy() for weight in model.trainable_weights if weight.path == path)
