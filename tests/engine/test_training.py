"""A run against Keras, and against itself interrupted."""

import keras
import numpy as np
import pytest
import torch
from keras import layers

from regimen.engine import training
from regimen.engine.batches import Images
from regimen.engine.mixing import Targets
from regimen.engine.schedules import learning_rate
from regimen.engine.training import Run, RunData
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.models.output import final_activation
from regimen.plan import Optimizer, Plan, Scaling
from regimen.remedies import L2, BatchNorm, Dropout, EarlyStopping, Flip, Shift
from regimen.store.run_folder import RunFolder

SHAPES = {"cifar_cnn": (16, 16, 3), "digits_cnn": (8, 8, 1), "fashion_cnn": (12, 12, 1), "small_cnn": (16, 16, 3)}
SCALING = Scaling("standard", (120.0,), (60.0,))


def some_data(shape, classes=10, count=90, validation=30, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = rng.integers(0, 200, (count, *shape), dtype=np.uint8) + (labels * 5).astype(np.uint8)[:, None, None, None]
    order = rng.permutation(count)
    parts = [Images.of(images, labels.astype(np.int64), part) for part in (order[validation:], order[:validation])]
    return RunData(*parts, None)


def plan_for(network="digits_cnn", classes=10, **settings):
    graph = Graph.from_keras(build_network(network, SHAPES[network], classes))
    return Plan(graph, scaling=SCALING, **settings)


def keras_twin(run, optimizer=None):
    """The same network with the same weights, ending in logits, compiled in Keras."""
    _, logits = final_activation(run.plan.graph)
    model = logits.to_keras({name: tensor.numpy() for name, tensor in run.program.weights().items()})
    losses = {
        "categorical": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "binary": keras.losses.BinaryCrossentropy(from_logits=True),
    }
    accuracy = {"categorical": "acc", "binary": keras.metrics.BinaryAccuracy("acc", threshold=0.0)}[run.plan.loss]
    model.compile(optimizer or keras.optimizers.Adam(1e-4), losses[run.plan.loss], metrics=[accuracy])
    return model


def assert_same_steps(run, model, steps=20, transform=lambda pixels: pixels):
    """Losses of each step to 1e-5, and outputs after the last."""
    taken, rates = 0, [learning_rate(run.plan, step, steps, ()) for step in range(steps)]
    for epoch in range(1, steps):
        for pixels, labels in run.data.training.shuffled(run.plan.batch_size, run.seed, epoch):
            pixels = transform(pixels)
            ours, _ = run.step(pixels, Targets(labels), rates[taken])
            theirs = model.train_on_batch(run.scale(pixels).numpy(), labels.numpy().reshape(len(labels), -1))[0]
            model.reset_metrics()
            assert ours.item() == pytest.approx(float(theirs), abs=1e-5, rel=1e-5)
            taken += 1
            if taken == steps:
                images = run.scale(run.data.validation.pixels[:8])
                with torch.no_grad():
                    outputs = run.program(images, training=False)
                np.testing.assert_allclose(outputs, model.predict(images.numpy(), verbose=0), atol=1e-3)
                return


@pytest.fixture
def make_run(tmp_path):
    def make(plan, data=None, seed=0, folder="run", weights=None):
        data = data or some_data(plan.graph.input_shape)
        return Run(plan, seed, data, RunFolder(tmp_path / folder), weights)

    return make


@pytest.mark.parametrize("network", SHAPES)
def test_twenty_steps_of_each_network_are_kerass(network, make_run):
    run = make_run(plan_for(network, optimizer=Optimizer(learning_rate=1e-4)))
    assert_same_steps(run, keras_twin(run))


@pytest.mark.parametrize("remedy", [L2(1e-2), BatchNorm(), Flip(), Shift(), EarlyStopping()], ids=lambda r: r.word)
def test_twenty_steps_with_each_remedy_are_kerass(remedy, make_run):
    plan, _ = remedy.apply(plan_for(optimizer=Optimizer(learning_rate=1e-4)))
    run = make_run(plan)
    run.transforms.reseed(1)
    assert_same_steps(run, keras_twin(run), transform=run.transforms)


def test_twenty_steps_with_dropout_are_kerass_given_its_masks(make_run, monkeypatch):
    plan, _ = Dropout(0.3).apply(plan_for(optimizer=Optimizer(learning_rate=1e-4)))
    run = make_run(plan)
    drawn = []

    def record(part, inputs, mode, output):
        if mode["training"]:
            drawn.append((output != 0) | (inputs[0] == 0))

    for part in run.program.parts:
        if type(part).__name__ == "Dropout":
            part.register_forward_hook(record, with_kwargs=True)
    model = keras_twin(run)

    def same_masks(self, inputs, training=False):
        return inputs * drawn.pop(0) / (1 - self.rate) if training else inputs

    monkeypatch.setattr(layers.Dropout, "call", same_masks)
    assert_same_steps(run, model)
    assert not drawn


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Optimizer("sgd", 1e-3), lambda: keras.optimizers.SGD(1e-3)),
        (Optimizer("sgd", 1e-3, momentum=0.9), lambda: keras.optimizers.SGD(1e-3, momentum=0.9)),
        (Optimizer("sgd", 1e-3, 0.9, True), lambda: keras.optimizers.SGD(1e-3, momentum=0.9, nesterov=True)),
        # with a large epsilon, adding it before or after bias correction makes a visible difference
        (Optimizer("adam", 1e-4, epsilon=1e-2), lambda: keras.optimizers.Adam(1e-4, epsilon=1e-2)),
    ],
    ids=["sgd", "momentum", "nesterov", "adam-epsilon"],
)
def test_optimizers_are_kerass(ours, theirs, make_run):
    run = make_run(plan_for(optimizer=ours))
    assert_same_steps(run, keras_twin(run, theirs()))


def test_binary_cross_entropy_is_kerass(make_run):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    plan = Plan(Graph.from_keras(model), loss="binary", scaling=SCALING, optimizer=Optimizer(learning_rate=1e-4))
    run = make_run(plan, some_data((8, 8, 1), classes=2))
    assert_same_steps(run, keras_twin(run))


def test_categorical_cross_entropy_is_also_kerass_on_one_hot_labels(rng):
    logits = rng.normal(size=(6, 4)).astype("float32")
    labels = np.array([0, 1, 2, 3, 0, 1])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")
    ours = training.LOSSES["categorical"](torch.from_numpy(logits), torch.from_numpy(labels))
    np.testing.assert_allclose(ours, loss(np.eye(4)[labels], logits).detach(), rtol=1e-6)


def fit(run):
    """What Keras logs in one epoch with the run's batches, and its model."""
    model = keras_twin(run)
    batches = list(run.data.training.shuffled(16, run.seed, 1))
    x, y = (torch.cat([batch[i] for batch in batches]) for i in (0, 1))
    validation = next(run.data.validation.in_order(100))
    history = model.fit(
        run.scale(x).numpy(), y.numpy(), batch_size=16, shuffle=False, verbose=0,
        validation_data=(run.scale(validation[0]).numpy(), validation[1].numpy()), validation_batch_size=16,
    ).history  # fmt: skip
    return history, model


@pytest.mark.parametrize("remedy", [None, L2(1e-2), BatchNorm(momentum=0.5)], ids=["plain", "l2", "batchnorm"])
def test_history_is_what_fit_logs(remedy, make_run):
    plan = plan_for(optimizer=Optimizer(learning_rate=1e-4), epochs=1, batch_size=16)  # 60 images: a partial last batch
    if remedy is not None:
        plan, _ = remedy.apply(plan)
    run = make_run(plan)
    theirs, model = fit(run)
    (ours,) = run.train()
    for name in ("loss", "acc", "val_loss", "val_acc"):
        assert ours[name] == pytest.approx(theirs[name][0], abs=2e-5), name
    penalty = sum(loss.item() for loss in model.losses)
    assert ours["clean_val_loss"] == pytest.approx(theirs["val_loss"][0] - penalty, abs=2e-5)


def test_activity_regularizers_are_in_the_losses_that_fit_logs(make_run):
    image = keras.Input((8, 8, 1))
    shared = layers.Dense(6, activation="relu", activity_regularizer="l2", kernel_regularizer="l2")
    x = layers.Flatten()(layers.Conv2D(3, 3, activity_regularizer="l1")(image))
    x = layers.ELU(activity_regularizer="l2")(shared(shared(layers.Dense(6)(x))))  # ELU: run by Keras
    plan = Plan(
        Graph.from_keras(keras.Model(image, layers.Dense(10)(x))),
        scaling=SCALING, optimizer=Optimizer(learning_rate=1e-4), epochs=1, batch_size=16,
    )  # fmt: skip
    run = make_run(plan)
    run.inference_batch = 16  # as Keras: 30 images, two batches
    theirs, _ = fit(run)
    assert len(run.program.fallbacks) == 1
    (ours,) = run.train()
    for name in ("loss", "val_loss"):
        assert ours[name] == pytest.approx(theirs[name][0], rel=1e-5), name
    assert ours["val_loss"] > ours["clean_val_loss"] + 0.1


def test_clean_metrics_are_of_training_images_in_inference_mode(make_run):
    plan, _ = (Dropout(0.5) + L2(0.1)).apply(plan_for(epochs=1))
    run = make_run(plan)
    (metrics,) = run.train()
    sample = run.data.training.sample(30)
    assert len(sample) == 30
    assert set(sample.indices.tolist()) <= set(run.data.training.indices.tolist())
    _, loss, accuracy = run.evaluate(sample)  # the selected weights are those of the only epoch
    assert (metrics["clean_loss"], metrics["clean_acc"]) == (loss, accuracy)


def test_a_last_batch_of_one_image_works_with_batch_normalization(make_run):
    plan, _ = BatchNorm().apply(plan_for(epochs=1, batch_size=59))
    (metrics,) = make_run(plan).train()
    assert np.isfinite(metrics["loss"])


def assert_same_run(one, other):
    assert one.result()["history"] == other.result()["history"]
    assert one.result()["selected_epoch"] == other.result()["selected_epoch"]
    for name, array in one.weights().items():
        np.testing.assert_array_equal(array, other.weights()[name])
    for name in ("validation_selected", "validation_last"):
        np.testing.assert_array_equal(one.predictions(name), other.predictions(name))


def assert_same_predictions(folder, one, other):
    np.testing.assert_array_equal(folder.predictions(one), folder.predictions(other))


@pytest.mark.parametrize("optimizer", [Optimizer(), Optimizer("sgd", 0.01, 0.9)], ids=lambda o: o.name)
def test_interrupted_runs_end_bit_for_bit_like_whole_ones(optimizer, make_run, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    plan, _ = (Dropout(0.3) + BatchNorm() + Shift() + EarlyStopping(3)).apply(plan_for(optimizer=optimizer, epochs=6))
    whole = make_run(plan, folder="whole")
    list(whole.train())
    for stop_after in (1, 3):
        epochs = make_run(plan, folder="cut").train()
        for _ in range(stop_after):
            next(epochs)
        next(epochs)  # the checkpoint of an epoch is written before the next one begins
        epochs.close()
    rest = make_run(plan, folder="cut")
    assert rest.folder.load_checkpoint() is not None
    assert len(list(rest.train())) == len(whole.folder.result()["history"]["loss"])
    assert_same_run(whole.folder, rest.folder)
    assert rest.folder.load_checkpoint() is None


def test_runs_are_reproducible_and_seeds_differ(make_run):
    plan, _ = Dropout(0.2).apply(plan_for(epochs=2))
    runs = [make_run(plan, seed=seed, folder=f"{seed}-{number}") for number, seed in enumerate((0, 0, 1))]
    for run in runs:
        list(run.train())
    assert_same_run(runs[0].folder, runs[1].folder)
    assert runs[0].folder.result()["history"] != runs[2].folder.result()["history"]


def test_arms_share_batches_and_the_initial_weights_of_shared_layers(make_run):
    baseline = plan_for()
    for remedy in (Dropout(), BatchNorm(), L2(), Flip()):
        plan, _ = remedy.apply(baseline)
        ours, theirs = make_run(plan).program.weights(), make_run(baseline).program.weights()
        for name, weight in theirs.items():
            assert torch.equal(weight, ours[name]), name
    data = some_data((8, 8, 1))
    orders = [[labels.tolist() for _, labels in data.training.shuffled(32, 0, epoch)] for epoch in (1, 1, 2)]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]  # reshuffled every epoch


@pytest.mark.parametrize("shuffle", ["each-epoch", "once"])
def test_every_epoch_has_its_own_order_unless_told_otherwise(shuffle, make_run, monkeypatch):
    run = make_run(plan_for("digits_cnn", epochs=2, shuffle=shuffle))
    seen, step = [], run.step
    monkeypatch.setattr(run, "step", lambda images, *rest: seen.append(images.clone()) or step(images, *rest))
    list(run.train())
    first, second = torch.cat(seen[: len(seen) // 2]), torch.cat(seen[len(seen) // 2 :])
    assert torch.equal(first, second) == (shuffle == "once")


def test_automatic_layer_names_do_not_matter(make_run):
    def model():
        return keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10)])

    first, second = (Plan(Graph.from_keras(model()), scaling=SCALING) for _ in range(2))
    assert [layer.name for layer in first.graph.layers] != [layer.name for layer in second.graph.layers]
    assert first.digest() == second.digest()
    one, other = (list(make_run(plan).program.weights().values()) for plan in (first, second))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_kept_weights_are_where_training_begins(make_run):
    plan = plan_for()
    weights = {name: tensor.numpy() + 1 for name, tensor in make_run(plan).program.weights().items()}
    for name, tensor in make_run(plan, weights=weights).program.weights().items():
        np.testing.assert_array_equal(tensor, weights[name])


def test_early_stopping_stops_and_ends_with_its_best_epoch(make_run):
    plan, _ = EarlyStopping(2).apply(plan_for(epochs=40, optimizer=Optimizer(learning_rate=0.01)))
    run = make_run(plan)
    epochs = list(run.train())
    losses = [metrics["clean_val_loss"] for metrics in epochs]
    best = int(np.argmin(losses)) + 1
    assert len(epochs) == best + 2 < 40
    assert run.folder.result()["selected_epoch"] == best
    assert_same_predictions(run.folder, "validation_last", "validation_selected")


def test_a_diverging_run_ends_as_diverged(make_run):
    run = make_run(plan_for(epochs=5, optimizer=Optimizer("sgd", 1e30)))
    assert len(list(run.train())) < 5
    assert run.folder.result()["status"] == "diverged"


def test_selected_epoch_has_the_lowest_clean_validation_loss(make_run):
    run = make_run(plan_for(epochs=8, optimizer=Optimizer(learning_rate=0.01)))
    losses = [metrics["clean_val_loss"] for metrics in run.train()]
    result = run.folder.result()
    assert result["selected_epoch"] == int(np.argmin(losses)) + 1
    logits, loss, _ = run.evaluate(run.data.validation)  # the program ends with the selected weights
    assert loss == min(losses)
    np.testing.assert_array_equal(run.folder.predictions("validation_selected"), torch.softmax(logits, 1))


def test_test_part_is_predicted_with_the_selected_epoch(make_run):
    data = some_data((8, 8, 1))
    run = make_run(plan_for(epochs=3), RunData(data.training, data.validation, data.validation))
    list(run.train())
    assert_same_predictions(run.folder, "test_selected", "validation_selected")


def test_bfloat16_computes_in_bfloat16_and_keeps_float32_masters(make_run):
    plan = plan_for(epochs=2, optimizer=Optimizer(learning_rate=1e-3))
    seen = set()
    run = make_run(Plan(**{**vars(plan), "precision": "bfloat16"}))
    run.program.parts[0].register_forward_hook(lambda part, inputs, output: seen.add(output.dtype))
    low = list(run.train())
    high = list(make_run(plan, folder="float32").train())
    assert seen == {torch.bfloat16, torch.float32}  # the latter when the selected weights are scored in the end
    assert all(parameter.dtype == torch.float32 for parameter in run.program.parameters())
    assert low != high
    assert low[-1]["clean_val_loss"] == pytest.approx(high[-1]["clean_val_loss"], rel=0.05)


def test_weight_constraints_are_kept(make_run):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, kernel_constraint=keras.constraints.MaxNorm(0.1))]
    )
    run = make_run(Plan(Graph.from_keras(model), scaling=SCALING, optimizer=Optimizer(learning_rate=0.1), epochs=1))
    list(run.train())
    kernel = run.program.weights()["dense/0.kernel"]
    assert kernel.norm(dim=0).max().item() == pytest.approx(0.1, abs=1e-4)


def test_frozen_layers_stay_as_they_are(make_run):
    network = build_network("digits_cnn", (8, 8, 1), 10)
    network.get_layer("block1_conv1").trainable = False
    run = make_run(Plan(Graph.from_keras(network), scaling=SCALING, epochs=1))
    before = run.program.weights()
    list(run.train())
    after = run.program.weights()
    assert torch.equal(before["block1_conv1/0.kernel"], after["block1_conv1/0.kernel"])
    assert not torch.equal(before["block1_conv2/0.kernel"], after["block1_conv2/0.kernel"])


def test_layers_run_by_keras_train_and_are_named(make_run):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2DTranspose(4, 3, name="transposed"), layers.Flatten(), layers.Dense(10)]
    )
    plan = Plan(Graph.from_keras(model), scaling=SCALING, optimizer=Optimizer(learning_rate=1e-4))
    run = make_run(plan)
    assert run.program.fallbacks == ("transposed",)
    assert_same_steps(run, keras_twin(run))
