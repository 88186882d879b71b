"""The callback in real Keras trainings."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import regimen as rg
from regimen.analysis.diagnosis import diagnose

pytestmark = pytest.mark.usefixtures("one_thread")

TRAIN, EPOCHS = 200, 5


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    labels = data.target.copy()
    noisy = np.random.default_rng(0).choice(TRAIN, TRAIN // 3, replace=False)
    labels[noisy] = (labels[noisy] + 1) % 10  # labels that can only be learnt by heart
    images = (data.images / 16).astype("float32").reshape(-1, 64)
    return (images[:TRAIN], labels[:TRAIN]), (images[TRAIN:800], labels[TRAIN:800])


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((64,)),
        keras.layers.Dense(128, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, digits, monitor, epochs=EPOCHS, **more):
    (x, y), validation = digits
    options = {
        "validation_data": validation,
        "epochs": epochs,
        "batch_size": 20,
        "validation_batch_size": 600,
        "verbose": 0,
        **more,
    }
    return model.fit(x, y, callbacks=[monitor], **options)


def cross_entropy(model, x, y):
    return float(-np.log(model.predict(x, verbose=0)[np.arange(len(y)), y]).mean())


def test_clean_metrics_are_those_of_the_model_in_inference_mode(model, digits, capsys):
    (x, y), validation = digits
    monitor = rg.OverfittingMonitor(x, y, sample=None)
    history = fit(model, digits, monitor).history
    assert {len(values) for values in history.values()} == {EPOCHS}
    assert history["clean_loss"][-1] == pytest.approx(cross_entropy(model, x, y), rel=1e-4)
    assert history["clean_val_loss"][-1] == pytest.approx(cross_entropy(model, *validation), rel=1e-4)
    assert history["clean_val_loss"][-1] < history["val_loss"][-1] - 0.05  # the penalty
    right = model.predict(x, verbose=0).argmax(-1) == y
    assert history["clean_accuracy"][-1] == pytest.approx(right.mean(), abs=1e-6)
    (found,) = monitor.diagnosis
    assert found.gap_is_clean is True
    assert found.gap == pytest.approx(history["clean_accuracy"][-1] - history["val_accuracy"][-1])
    assert found.verdict == "overfits"
    assert "It overfits from epoch" in capsys.readouterr().out
    from_history = rg.diagnose(model.history)[0]
    assert (from_history.verdict, from_history.gap) == (found.verdict, pytest.approx(found.gap))


def test_it_does_not_change_the_training(digits):
    losses = []
    for callbacks in ([], [rg.OverfittingMonitor(*digits[0], sample=50, verbose=0)]):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((64,)), keras.layers.Dropout(0.2), keras.layers.Dense(10)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        history = model.fit(*digits[0], epochs=2, verbose=0, validation_data=digits[1], callbacks=callbacks)
        losses.append((history.history["loss"], history.history["val_loss"]))
    assert losses[0] == losses[1]


def test_it_stops_and_restores_the_best_weights(digits, capsys):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(512, "relu"), keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    monitor = rg.OverfittingMonitor(*digits[0], stop_at_onset=True, restore_best_weights=True, sample=20, verbose=0)
    history = fit(model, digits, monitor, epochs=25, batch_size=50).history
    assert 4 <= len(history["loss"]) < 25
    assert cross_entropy(model, *digits[1]) == pytest.approx(min(history["clean_val_loss"]), rel=1e-4)
    assert capsys.readouterr().out == ""


RISING = [1.0, 0.8, 0.7, 0.6, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5]


@pytest.mark.parametrize("patience", [0, 3])
def test_it_stops_as_soon_as_the_rule_can_tell(patience):
    """The callback alone, on losses made up."""
    model = SimpleNamespace(
        evaluate=lambda *_, **__: {"loss": 0.1, "accuracy": 1.0}, trainable_variables=[], stop_training=False
    )
    monitor = rg.OverfittingMonitor(np.zeros((3, 2)), np.zeros(3), stop_at_onset=True, patience=patience, verbose=0)
    monitor.set_model(model)
    monitor.on_train_begin()
    for epoch, loss in enumerate(RISING):
        monitor.on_epoch_end(epoch, {"loss": 0.1, "val_loss": loss, "val_accuracy": 0.5})
        if model.stop_training:
            break
    told = [diagnose([{"clean_val_loss": np.array(RISING[:end])}]).onset for end in range(1, len(RISING) + 1)]
    first = next(end for end, onset in enumerate(told, 1) if onset)
    assert epoch + 1 == first + patience
    assert first - told[first - 1] >= 2  # three epochs above, the onset among them
    monitor.on_train_end()
    assert monitor.diagnosis[0].verdict == "overfits"


def batches(x, y, size=32):
    for start in range(0, len(x), size):
        yield x[start : start + size], y[start : start + size]


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.x[32 * index : 32 * index + 32], self.y[32 * index : 32 * index + 32]


@pytest.mark.parametrize("kind", ["generator", "dataset", "torch"])
def test_batches_serve_as_well(kind, model, digits):
    (x, y), _ = digits
    if kind == "torch":
        tensors = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
        source = torch.utils.data.DataLoader(tensors, batch_size=32)
    else:
        source = batches(x, y) if kind == "generator" else Batches(x, y)
    monitor = rg.OverfittingMonitor(source, sample=70, verbose=0)
    history = fit(model, digits, monitor, epochs=1).history
    assert history["clean_loss"][-1] == pytest.approx(cross_entropy(model, x[:70], y[:70]), rel=1e-4)


@pytest.mark.parametrize("sample", [None, 70])
def test_lists_serve_as_well(sample, model, digits):
    (x, y), _ = digits
    curves = []
    for data in ((x, y), (x.tolist(), y.tolist()), (x, list(y))):
        monitor = rg.OverfittingMonitor(*data, sample=sample, verbose=0)
        monitor.set_model(model)
        monitor.on_train_begin()
        monitor.on_epoch_end(0, logs := {})
        curves.append(logs["clean_loss"])
    assert curves == pytest.approx([curves[0]] * 3)


def test_the_best_weights_are_restored_before_anything_is_said(model, digits, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no diagnosis")

    monkeypatch.setattr("regimen.diagnosis.monitor.diagnose", fail)
    monitor = rg.OverfittingMonitor(*digits[0], sample=20, restore_best_weights=True, verbose=0)
    monitor.set_model(model)
    monitor.on_train_begin()
    monitor.on_epoch_end(0, {"val_loss": 1.0})
    best = model.get_weights()
    model.set_weights([0 * weights for weights in best])
    monitor.on_epoch_end(1, {"val_loss": 2.0})
    with pytest.raises(RuntimeError, match="no diagnosis"):
        monitor.on_train_end()
    for weights, expected in zip(model.get_weights(), best, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_the_number_of_validation_images_may_come_from_an_array(model, digits):
    monitor = rg.OverfittingMonitor(*digits[0], sample=np.int64(20), validation_images=np.int64(600), verbose=0)
    fit(model, digits, monitor, epochs=2)
    assert monitor.diagnosis[0].validation_images == 600
    json.dumps(monitor.diagnosis.to_json())


def test_a_second_fit_is_a_second_training(model, digits):
    monitor = rg.OverfittingMonitor(*digits[0], sample=20, verbose=0)
    fit(model, digits, monitor, epochs=2)
    fit(model, digits, monitor, epochs=4, initial_epoch=2)
    assert monitor.diagnosis[0].epochs.tolist() == [3, 4]


def test_without_validation_it_says_what_is_missing(model, digits):
    monitor = rg.OverfittingMonitor(*digits[0], sample=20, verbose=0)
    fit(model, digits, monitor, epochs=2, validation_data=None)
    assert monitor.diagnosis[0].verdict == "cannot tell"
    assert "validation_data" in monitor.diagnosis[0].summary


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((np.zeros((3, 2)), np.zeros(2)), {}, r"as many labels as training images, at least one; received \[2, 3\]"),
        ((np.zeros((0, 2)), np.zeros(0)), {}, r"at least one; received \[0\]"),
        ((np.zeros((3, 2)), np.zeros(3)), {"sample": 0}, "sample of at least 1"),
        ((np.zeros((3, 2)), np.zeros(3)), {"sample": 1.5}, "sample of at least 1"),
        ((np.zeros((3, 2)), np.zeros(3)), {"validation_images": 0.3}, r"whole number above 0; received 0\.3"),
        ((np.zeros((3, 2)), 5), {}, "arrays of training images and labels; received ndarray and int"),
        ((np.zeros((3, 2)), [[1, 2], [3]]), {}, "arrays of training images and labels; received ndarray and list"),
        ((iter([]),), {}, "has no batch"),
        ((iter([np.zeros(3)]),), {}, r"Expected batches \(x, y\)"),
        ((5,), {}, "received int"),
    ],
)
def test_training_data_that_cannot_be_measured_is_refused(arguments, options, words):
    with pytest.raises(rg.RegimenError, match=words):
        rg.OverfittingMonitor(*arguments, **options)
