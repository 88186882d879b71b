"""What a step does to the weights, against Keras' optimizers."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import torch

from regimen.engine import training
from regimen.engine.batches import Images
from regimen.engine.mixing import Targets
from regimen.engine.schedules import learning_rate
from regimen.engine.training import Run, RunData
from regimen.engine.updates import Average
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.models.output import final_activation
from regimen.plan import Mixing, Optimizer, Plan, Scaling, Schedule
from regimen.remedies import EarlyStopping
from regimen.store.run_folder import RunFolder

STEPS = 12
COSINE = Schedule("cosine", {"warmup": 0.25, "floor": 0.1})
KERNELS = ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "hidden")


@pytest.fixture
def data(rng):
    labels = np.arange(90) % 10
    images = rng.integers(0, 200, (90, 8, 8, 1), dtype=np.uint8) + (5 * labels).astype(np.uint8)[:, None, None, None]
    return RunData(*(Images.of(images, labels, part) for part in (np.arange(60), np.arange(60, 90))), None)


@pytest.fixture
def make_run(data, tmp_path):
    def make(optimizer=None, folder="run", **settings):
        graph = Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 10))
        optimizer = optimizer or Optimizer(learning_rate=1e-3)
        plan = Plan(graph, scaling=Scaling("standard", (120.0,), (60.0,)), optimizer=optimizer, **settings)
        return Run(plan, 0, data, RunFolder(tmp_path / folder))

    return make


def twin(run, optimizer, smoothing=0.0):
    """The same network in Keras, ending in logits."""
    _, logits = final_activation(run.plan.graph)
    model = logits.to_keras({name: tensor.numpy() for name, tensor in run.program.weights().items()})
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing))
    return model


def assert_same_training(run, model, class_weight=None):
    """Losses of each step to 1e-5, and weights after the last."""
    batches = [batch for epoch in range(1, STEPS) for batch in run.data.training.shuffled(32, 0, epoch)]
    for step, (pixels, labels) in enumerate(batches[:STEPS]):
        ours, _ = run.step(pixels, Targets(labels), learning_rate(run.plan, step, STEPS, ()))
        theirs = model.train_on_batch(run.scale(pixels).numpy(), np.eye(10)[labels], class_weight=class_weight)
        model.reset_metrics()
        assert ours.item() == pytest.approx(float(theirs), rel=1e-4)
    for layer in model.layers:
        for name, theirs in zip(run.program.names.get(layer.name, ()), layer.get_weights(), strict=True):
            np.testing.assert_allclose(run.program.weights()[name], theirs, atol=1e-4, err_msg=name)


def cosine(rate):
    return keras.optimizers.schedules.CosineDecay(0.0, 9, alpha=0.1, warmup_target=rate, warmup_steps=3)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_under_a_schedule_is_kerass(make_run, momentum, nesterov):
    run = make_run(Optimizer("sgd", 0.05, momentum, nesterov), schedule=COSINE)
    assert_same_training(run, twin(run, keras.optimizers.SGD(cosine(0.05), momentum, nesterov)))


def test_adam_under_a_schedule_is_kerass(make_run):
    run = make_run(schedule=COSINE)
    assert_same_training(run, twin(run, keras.optimizers.Adam(cosine(1e-3))))


@pytest.mark.parametrize("schedule", [None, COSINE], ids=["constant", "cosine"])
def test_decoupled_weight_decay_is_kerass_adamw(make_run, schedule):
    run = make_run(Optimizer(learning_rate=1e-3, weight_decay=0.5, decayed=KERNELS), schedule=schedule)
    theirs = keras.optimizers.AdamW(cosine(1e-3) if schedule else 1e-3, weight_decay=0.5)
    model = twin(run, theirs)
    theirs.exclude_from_weight_decay(var_list=model.get_layer("output").trainable_variables, var_names=["bias"])
    assert_same_training(run, model)


def test_decayed_are_the_kernels_of_these_layers(make_run):
    run = make_run(Optimizer(weight_decay=0.1, decayed=("block1_conv1", "hidden")))
    by_name = dict(run.program.named_parameters())
    names = {name for name, value in by_name.items() if any(value is kernel for kernel in run.updates.decayed)}
    assert len(names) == 2
    assert all(name.endswith("kernel") for name in names)
    assert make_run(folder="none").updates.decayed == []


@pytest.mark.parametrize("undecayed", [(), ("bias", "beta")])
def test_decay_of_all_weights_is_kerass_adamw(make_run, undecayed):
    run = make_run(Optimizer(learning_rate=1e-3, epsilon=1e-3, weight_decay=0.5, undecayed=undecayed))
    theirs = keras.optimizers.AdamW(1e-3, weight_decay=0.5, epsilon=1e-3)
    theirs.exclude_from_weight_decay(var_names=list(undecayed))
    assert_same_training(run, twin(run, theirs))
    assert len(run.updates.decayed) == len(run.updates.parameters) // (2 if undecayed else 1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_under_a_schedule_is_kerass(make_run, momentum, centered):
    settings = {"momentum": momentum, "rho": 0.8, "epsilon": 1e-3, "centered": centered}
    run = make_run(Optimizer("rmsprop", 1e-3, **settings), schedule=COSINE)
    assert_same_training(run, twin(run, keras.optimizers.RMSprop(cosine(1e-3), **settings)))


def test_rmsprop_of_kerass_defaults(make_run):
    run = make_run(Optimizer("rmsprop", 1e-4, weight_decay=0.1))
    assert_same_training(run, twin(run, keras.optimizers.RMSprop(1e-4, weight_decay=0.1)))


@pytest.mark.parametrize(
    "clip", [{"clipnorm": 0.01}, {"clipnorm": 0.3}, {"clipvalue": 1e-3}, {"clipvalue": 0.1}], ids=str
)
def test_clipping_each_weight_is_kerass(make_run, clip):
    run = make_run(Optimizer("sgd", 0.05, **clip))
    assert_same_training(run, twin(run, keras.optimizers.SGD(0.05, **clip)))


@pytest.mark.parametrize("limit", [0.01, 0.5, 100.0])
def test_clipping_is_kerass_global_clipnorm(make_run, limit):
    run = make_run(Optimizer("sgd", 0.05, global_clipnorm=limit))
    assert_same_training(run, twin(run, keras.optimizers.SGD(0.05, global_clipnorm=limit)))


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_kerass(make_run, smoothing):
    run = make_run(label_smoothing=smoothing)
    assert_same_training(run, twin(run, keras.optimizers.Adam(1e-3), smoothing))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_class_weights_are_kerass(make_run, smoothing):
    run = make_run(label_smoothing=smoothing, class_weights=(5.0, *[1.0] * 8, 0.2))
    assert_same_training(run, twin(run, keras.optimizers.Adam(1e-3), smoothing), {0: 5.0, 9: 0.2})


def test_only_the_training_loss_is_weighted(make_run):
    settings = {"optimizer": Optimizer("sgd", 1e-9), "epochs": 1}
    plain, weighted = (
        next(make_run(folder=str(weights), class_weights=weights, **settings).train()) for weights in ((), (3.0,) * 10)
    )
    assert weighted.pop("loss") == pytest.approx(3 * plain.pop("loss"), rel=1e-5)
    assert weighted == pytest.approx(plain, rel=1e-5)


def test_val_loss_holds_the_smoothing_and_clean_val_loss_does_not(make_run):
    run = make_run(Optimizer(learning_rate=0.01), label_smoothing=0.3, epochs=4)
    metrics = list(run.train())[run.folder.result()["selected_epoch"] - 1]
    images, labels = next(run.data.validation.in_order(100))
    theirs = twin(run, keras.optimizers.Adam(), 0.3).evaluate(run.scale(images).numpy(), np.eye(10)[labels], verbose=0)
    assert metrics["val_loss"] == pytest.approx(theirs, rel=1e-5)
    assert metrics["clean_val_loss"] == pytest.approx(run.evaluate(run.data.validation)[1], rel=1e-6)
    assert metrics["val_loss"] != pytest.approx(metrics["clean_val_loss"], rel=1e-3)


@pytest.mark.parametrize("momentum", [0.5, 0.99])
def test_averaged_weights_are_kerass(make_run, momentum):
    run = make_run(Optimizer("sgd", 0.05), averaging=momentum)  # Adam magnifies the rounding of small gradients
    optimizer = keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=momentum)
    model = twin(run, optimizer)
    assert_same_training(run, model)
    raw = run.program.weights()
    optimizer.finalize_variable_values(model.trainable_variables)  # overwrites them with their averages
    with run.updates.averaged():
        averaged = run.program.weights()
    for layer in model.layers:
        for name, theirs in zip(run.program.names.get(layer.name, ()), layer.get_weights(), strict=True):
            np.testing.assert_allclose(averaged[name], theirs, atol=1e-4, err_msg=name)
            assert not torch.equal(raw[name], averaged[name])
            assert torch.equal(raw[name], run.program.weights()[name])  # put back


def test_an_average_begins_at_the_first_weights():
    parameter = torch.nn.Parameter(torch.tensor([4.0]))
    average = Average([parameter], 0.75)
    average.update()
    parameter.data.fill_(8.0)
    average.update()
    assert average.values[0].item() == 5.0


def test_the_averaged_weights_validate_and_are_handed_over(make_run):
    run = make_run(averaging=0.9, epochs=3)
    metrics = list(run.train())
    best = run.folder.result()["selected_epoch"]
    _, loss, accuracy = run.evaluate(run.data.validation)  # the program ends with the selected weights
    assert (loss, accuracy) == (metrics[best - 1]["clean_val_loss"], metrics[best - 1]["val_acc"])
    plain = list(make_run(folder="plain", epochs=3).train())
    assert [epoch["loss"] for epoch in metrics] == [epoch["loss"] for epoch in plain]  # it trains as it would without
    assert metrics[-1]["clean_val_loss"] != plain[-1]["clean_val_loss"]


def test_training_accuracy_counts_the_likelier_of_two_labels(make_run, monkeypatch):
    run = make_run(mixing=(Mixing("mixup", 0.2),), epochs=1)
    seen = []
    step = run.step

    def recorded(pixels, targets, rate):
        loss, logits = step(pixels, targets, rate)
        seen.append((logits.argmax(1) == targets.likeliest).sum().item())
        return loss, logits

    monkeypatch.setattr(run, "step", recorded)
    (metrics,) = run.train()
    assert metrics["acc"] == sum(seen) / 60


FAST = Optimizer(learning_rate=0.02)
ALTERED = {
    "plateau": {"schedule": Schedule("plateau", {"factor": 0.5, "patience": 1})},
    "cosine": {"schedule": COSINE},
    "averaging": {"averaging": 0.9},
    "mixing": {"mixing": (Mixing("mixup", 0.4), Mixing("cutmix", 1.0))},
    "smoothing": {"label_smoothing": 0.2},
    "momentum": {"optimizer": Optimizer("sgd", 0.02, 0.9, global_clipnorm=0.5), "schedule": COSINE},
    "class weights": {"class_weights": (3.0, *[1.0] * 9), "mixing": (Mixing("mixup", 0.4),)},
    "decay": {"optimizer": replace(FAST, weight_decay=0.1, decayed=KERNELS)},
    "rmsprop": {"optimizer": Optimizer("rmsprop", 0.002, 0.9, centered=True, weight_decay=0.1, clipnorm=0.5)},
}


@pytest.mark.parametrize("name", ALTERED)
def test_interrupted_runs_end_bit_for_bit_like_whole_ones(name, make_run, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    settings = {"optimizer": FAST, "epochs": 6, **ALTERED[name]}
    whole = make_run(folder="whole", **settings)
    list(whole.train())
    epochs = make_run(folder="cut", **settings).train()
    for _ in range(3):
        next(epochs)
    epochs.close()
    rest = make_run(folder="cut", **settings)
    assert rest.folder.load_checkpoint() is not None
    list(rest.train())
    assert rest.folder.result()["history"] == whole.folder.result()["history"]
    for key, array in whole.folder.weights().items():
        np.testing.assert_array_equal(array, rest.folder.weights()[key])
    plain = make_run(FAST, folder="plain", epochs=6)
    list(plain.train())
    assert plain.folder.result()["history"] != whole.folder.result()["history"]


def test_a_schedule_lasts_as_long_as_the_plan(make_run):
    plan = EarlyStopping(1).apply(make_run(schedule=COSINE, epochs=4).plan)[0]
    rates = [learning_rate(plan, step, 8, ()) for step in range(8)]
    assert rates == [learning_rate(replace(plan, stopping=None), step, 8, ()) for step in range(8)]
