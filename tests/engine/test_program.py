"""Whole graphs against Keras: outputs of everything that a graph can hold."""

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from keras import layers

from regimen.engine.counterparts.pooling import MaxPooling2D
from regimen.engine.precision import computing_in
from regimen.engine.program import Program
from regimen.models.graph import Graph
from regimen.models.reading import weights_of


class Halves(keras.layers.Layer):
    """Returns two tensors."""

    def call(self, x):
        half = x.shape[-1] // 2
        return x[..., :half], x[..., half:]


def shared():
    image, dense = keras.Input((6, 6, 2)), layers.Dense(2, "relu", kernel_regularizer="l2", activity_regularizer="l1")
    return keras.Model(image, layers.Flatten()(dense(dense(image))))


def encoder():
    return keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(2, 3, padding="same"), layers.BatchNormalization()])


def nested_twice():
    image, inner = keras.Input((6, 6, 2)), encoder()
    return keras.Model(image, layers.Flatten()(layers.Add()([inner(image), inner(image * 2)])))


def residual():
    image = keras.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same")(image)
    y = layers.BatchNormalization()(x)
    y = layers.Conv2D(4, 3, padding="same")(layers.ReLU()(y))
    return keras.Model(image, layers.GlobalAveragePooling2D()(layers.add([x, y])))


def operations():
    image = keras.Input((6, 6, 2))
    x = keras.ops.concatenate([image[:, ::2], image[:, 1::2]], axis=-1)
    return keras.Model(image, keras.ops.relu(layers.Flatten()(x * 2 - 1)))


def several_outputs():
    image = keras.Input((6, 6, 2))
    first, second = Halves(activity_regularizer="l2")(image)
    return keras.Model(image, layers.Flatten()(layers.Concatenate()([second, first, second])))


def by_keyword():
    image = keras.Input((6, 6, 2))
    x = layers.Dropout(0)(inputs=layers.Conv2D(2, 3, activation="relu")(inputs=image))
    x = layers.Add()(inputs=[x, layers.BatchNormalization()(inputs=x)])
    return keras.Model(image, layers.Dense(3)(inputs=layers.Flatten()(inputs=layers.MaxPooling2D()(inputs=x))))


def only_the_first_output():
    image = keras.Input((6, 6, 2))
    return keras.Model(image, layers.Flatten()(Halves()(image)[0]))


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize(
    "make",
    [shared, nested_twice, residual, operations, several_outputs, by_keyword, only_the_first_output],
    ids=lambda f: f.__name__,
)
def test_graphs_compute_what_keras_computes(make, training, rng):
    model = make()
    model.set_weights([rng.uniform(0.5, 1.5, np.shape(w)) for w in model.get_weights()])
    graph = Graph.from_keras(model)
    program = Program(graph, weights_of(model))
    images = torch.from_numpy(rng.normal(size=(4, 6, 6, 2)).astype("float32"))
    received = program(images, training=training)
    expected = model(images, training=training)
    np.testing.assert_allclose(received.detach(), expected.detach(), rtol=1e-4, atol=1e-4)
    penalty = program.penalty()
    assert sum(loss.item() for loss in model.losses) == pytest.approx(0 if penalty is None else penalty.item())
    for name, weight in weights_of(model).items():  # running statistics moved alike
        np.testing.assert_allclose(program.weights()[name], weight, rtol=1e-5, atol=1e-6)


def test_a_fixed_training_argument_holds_while_the_rest_trains(rng):
    """As Keras' guides say it does; Keras 3 itself lets the mode of the outer model override it."""
    image, inner = keras.Input((6, 6, 2)), encoder()
    model = keras.Model(image, layers.Add()([inner(image, training=False), inner(image * 2)]))
    program = Program(Graph.from_keras(model), weights_of(model))
    images = torch.from_numpy(rng.normal(size=(4, 6, 6, 2)).astype("float32"))
    expected = inner(images, training=False) + inner(images * 2, training=True)
    np.testing.assert_allclose(program(images, training=True).detach(), expected.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    "layer", [layers.Dropout(0.5), layers.SpatialDropout2D(0.5), layers.GaussianNoise(1.0), layers.GaussianDropout(0.5)]
)
def test_noise_of_functional_models_is_there_in_training_alone(layer, saved, rng, tmp_path):
    """Keras records the default ``training=False`` of these layers in a Functional model, and overrides it in fit."""
    image = keras.Input((6, 6, 2))
    inner = keras.Model(image, layer(layers.Conv2D(2, 3)(image)))
    model = keras.Model(image, layers.Flatten()(inner(image)))
    if saved:
        model.save(tmp_path / "model.keras")
        model = keras.saving.load_model(tmp_path / "model.keras")
    graph = Graph.from_keras(model)
    assert [call.training for call in graph.calls] == [None] * len(graph.calls)
    program = Program(graph, weights_of(model))
    images = torch.from_numpy(rng.normal(size=(4, 6, 6, 2)).astype("float32"))
    first, second = (program(images, training=True) for _ in range(2))
    assert not torch.equal(first, second)
    torch.testing.assert_close(program(images, training=False), model(images, training=False))


def test_pooling_may_be_the_first_layer(rng):
    model = keras.Sequential([keras.Input((8, 8, 2)), layers.MaxPooling2D(), layers.Flatten()])
    images = torch.from_numpy(rng.normal(size=(3, 8, 8, 2)).astype("float32"))
    assert torch.equal(Program(Graph.from_keras(model))(images, training=False), model(images))


def test_dropout_that_is_asked_to_be_on_stays_on(rng):
    image = keras.Input((6, 6, 2))
    model = keras.Model(image, layers.Flatten()(layers.Dropout(0.5)(image, training=True)))
    images = torch.from_numpy(rng.normal(size=(4, 6, 6, 2)).astype("float32"))
    outputs = Program(Graph.from_keras(model))(images, training=False)
    assert (outputs == 0).any()


def test_weights_round_trip_exactly(rng):
    program = Program(Graph.from_keras(residual()), seed=1)
    other = Program(Graph.from_keras(residual()), seed=2)
    assert any(not torch.equal(weight, other.weights()[name]) for name, weight in program.weights().items())
    other.set_weights(program.weights())
    assert all(torch.equal(weight, other.weights()[name]) for name, weight in program.weights().items())


FAMILIES = {  # to the smallest image they take; ResNetV2 and EfficientNetV2 have no layers that these have not
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "ResNet50": 32,
    "VGG16": 32,
    "Xception": 71,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_families_of_keras_applications_run_without_keras(family, rng):
    model = getattr(keras.applications, family)(weights=None, input_shape=(FAMILIES[family],) * 2 + (3,), classes=5)
    images = torch.from_numpy(rng.normal(scale=100, size=(16, *model.input_shape[1:])).astype("float32"))
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0  # one batch sets the statistics; with initial ones, the images' differences fade away
    with torch.no_grad():
        model(images, training=True)
        program = Program(Graph.from_keras(model), weights_of(model))
        received, expected = program(images, training=False), model(images, training=False)
    assert program.fallbacks == ()
    spread = expected.std(dim=0).mean().item()
    assert spread > 1e-4
    np.testing.assert_allclose(received, expected, rtol=0, atol=spread / 100)


def pooled(make_pooled, **settings):
    image = keras.Input((6, 6, 2))
    low = keras.initializers.Constant(-1)  # so that some windows have nothing positive
    x = layers.Conv2D(3, 3, activation="relu", bias_initializer=low, **settings)(image)
    return keras.Model(image, make_pooled(x))


POOLED = {  # to whether the pooling can compute the layer's relu
    "convolution": (lambda x: layers.MaxPooling2D()(x), True),
    "padded": (lambda x: layers.MaxPooling2D(3, 2, padding="same")(x), True),
    "activation": (lambda x: layers.MaxPooling2D()(layers.Activation("relu")(layers.BatchNormalization()(x))), True),
    "layer": (lambda x: layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(x))), True),
    "by keyword": (lambda x: layers.MaxPooling2D()(inputs=x), True),
    "nested": (lambda x: keras.Sequential([layers.Identity(), layers.MaxPooling2D()])(layers.ReLU()(x)), False),
    "bounded layer": (lambda x: layers.MaxPooling2D()(layers.ReLU(6)(x)), False),
    "read twice": (lambda x: layers.Concatenate()([layers.MaxPooling2D()(x), layers.Cropping2D(1)(x)]), False),
    "average": (lambda x: layers.AveragePooling2D(2)(x), False),
    "relu6": (lambda x: layers.MaxPooling2D()(layers.Activation("relu6")(x)), False),
}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("case", POOLED)
def test_relu_after_pooling_changes_no_number(case, precision, rng, monkeypatch):
    make, moves = POOLED[case]
    model = pooled(make)
    graph, images = Graph.from_keras(model), torch.from_numpy(rng.normal(size=(4, 6, 6, 2)).astype("float32").round(1))
    found = []
    for moving in (True, False):
        if not moving:
            monkeypatch.setattr(MaxPooling2D, "take_activation", lambda *_: None)
        program = Program(graph, weights_of(model))
        moved = [part.activation is F.relu for part in program.parts if isinstance(part, MaxPooling2D)]
        assert any(moved) == (moves and moving)
        with computing_in(precision, "cpu"):
            output = program(images, training=True)
        output.float().square().sum().backward()
        found.append([output, *(parameter.grad for parameter in program.trainable())])
    assert (found[0][0] == 0).any()
    assert (found[0][0] > 0).any()
    assert all(torch.equal(*pair) for pair in zip(*found, strict=True))


def test_relu_stays_with_what_is_called_twice_or_regularized():
    image, shared, pooling = keras.Input((6, 6, 2)), layers.Conv2D(2, 3, activation="relu"), layers.MaxPooling2D()
    models = [
        keras.Model(image, layers.Add()([layers.MaxPooling2D()(shared(each)) for each in (image, image * 2)])),
        keras.Model(image, layers.Add()([pooling(layers.Conv2D(2, 3, activation="relu")(image)) for _ in range(2)])),
        pooled(lambda x: layers.MaxPooling2D()(x), activity_regularizer="l2"),
    ]
    for model in models:
        parts = Program(Graph.from_keras(model)).parts
        assert [part.activation is F.relu for part in parts if hasattr(part, "activation")].count(True) == sum(
            getattr(layer, "activation", None) is keras.activations.relu for layer in model.layers
        )
        assert not any(part.activation is F.relu for part in parts if isinstance(part, MaxPooling2D))


def test_layers_without_a_counterpart_are_named():
    assert Program(Graph.from_keras(residual())).fallbacks == ()
    assert Program(Graph.from_keras(only_the_first_output())).fallbacks[0].startswith("halves")
