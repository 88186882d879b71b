import json

import keras
import pytest
from keras import layers

from regimen.models.building import make_layer
from regimen.models.classes import custom_objects
from regimen.models.code import layer_code
from regimen.models.graph import Graph
from regimen.models.networks import NETWORKS, build_network
from regimen.models.nodes import Layer


def softer(x):
    return keras.ops.tanh(x) / 2


class Halved(layers.Layer):
    def __init__(self, times, *, activation=None, sides=(1, 1), **kwargs):
        super().__init__(**kwargs)
        self.times, self.activation, self.sides = times, keras.activations.get(activation), sides

    def call(self, inputs):
        return inputs / 2**self.times

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "times": self.times, "activation": activation, "sides": self.sides}


class Sparse(keras.regularizers.Regularizer):
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x):
        return self.weight * keras.ops.sum(keras.ops.abs(x))

    def get_config(self):
        return {"weight": self.weight}


class Fixed(layers.Layer):
    """Its configuration is not what it can be made from alone."""

    def __init__(self, first, second="a", **kwargs):
        super().__init__(**kwargs)
        if second not in ("b", "c"):
            raise ValueError("second must be b or c")
        self.first, self.second = first, second

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {**super().get_config(), "first": self.first, "second": self.second}


def config(layer):
    return json.loads(json.dumps(layer.get_config()))


def assert_makes(code, spec):
    """The code, run, makes a layer of the same class and configuration."""
    with keras.saving.custom_object_scope(dict(custom_objects())):
        made = eval(code, {"keras": keras, "softer": softer, "Halved": Halved, "Sparse": Sparse, "Fixed": Fixed})
        expected = make_layer(spec)
    assert type(made) is type(expected)
    assert config(made) == config(expected)


def graph_of(*body):
    return Graph.from_keras(keras.Sequential([keras.Input((8, 8, 3)), *body]))


@pytest.mark.parametrize("name", [*NETWORKS, "mobilenet"])
def test_every_layer_is_made_again_by_its_code(name):
    if name == "mobilenet":
        model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=3)
    else:
        model = build_network(name, (28, 28, 1), 10)
    for spec in Graph.from_keras(model).layers[1:]:
        assert_makes(layer_code(spec), spec)


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        (layers.Conv2D(32, 3, padding="same", name="c"), 'keras.layers.Conv2D(32, 3, padding="same", name="c")'),
        (layers.Conv2D(4, (3, 1), name="c"), 'keras.layers.Conv2D(4, (3, 1), name="c")'),
        (layers.MaxPooling2D(3, strides=2, name="p"), 'keras.layers.MaxPooling2D(3, strides=2, name="p")'),
        (layers.MaxPooling2D(name="p"), 'keras.layers.MaxPooling2D(name="p")'),
        (layers.Dropout(0.5, name="d"), 'keras.layers.Dropout(0.5, name="d")'),
        (
            layers.BatchNormalization(momentum=0.9, name="b"),
            'keras.layers.BatchNormalization(momentum=0.9, name="b")',
        ),
        (
            layers.Conv2D(2, 1, kernel_initializer="he_normal", name="c"),
            'keras.layers.Conv2D(2, 1, kernel_initializer=keras.initializers.HeNormal(), name="c")',
        ),
        (
            layers.Conv2D(2, 1, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), name="c"),
            'keras.layers.Conv2D(2, 1, kernel_regularizer=keras.regularizers.L1L2(0.1, l2=0.2), name="c")',
        ),
        (
            layers.Dense(2, kernel_constraint=keras.constraints.MaxNorm(3, axis=[0]), trainable=False, name="d"),
            "keras.layers.Dense(2, trainable=False, kernel_constraint=keras.constraints.MaxNorm(3, axis=(0,)), "
            'name="d")',
        ),
        (layers.MaxPooling2D(3, name="p"), 'keras.layers.MaxPooling2D(3, name="p")'),
        (
            layers.ZeroPadding2D(((0, 1), (0, 1)), name="z"),
            'keras.layers.ZeroPadding2D(padding=((0, 1), (0, 1)), name="z")',
        ),
        (layers.Rescaling(1 / 255, name="r"), 'keras.layers.Rescaling(0.00392156862745098, name="r")'),
        (layers.Conv2D(2, 1, activation=softer, name="c"), 'keras.layers.Conv2D(2, 1, activation=softer, name="c")'),
        (
            layers.Conv2D(2, 1, kernel_regularizer=Sparse(0.1), name="c"),
            'keras.layers.Conv2D(2, 1, kernel_regularizer=Sparse(0.1), name="c")',
        ),
        (Halved(2, name="h"), 'Halved(2, name="h")'),
        (Halved(2, activation=softer, sides=(2, 3), name="h"), 'Halved(2, activation=softer, sides=(2, 3), name="h")'),
        (Fixed(2, "b", name="f"), 'Fixed(2, trainable=True, second="b", name="f")'),
    ],
)  # fmt: skip
def test_only_what_differs_from_the_defaults_is_said(layer, code):
    spec = graph_of(layer).layers[1]
    assert layer_code(spec) == code
    assert_makes(code, spec)


def test_a_layer_that_a_remedy_made_from_few_settings():
    spec = Layer("x", "x", "keras.layers.BatchNormalization", {"axis": -1, "momentum": 0.99, "epsilon": 1e-3})
    assert layer_code(spec) == 'keras.layers.BatchNormalization(name="x")'
    assert_makes(layer_code(spec), spec)


def test_names_are_quoted():
    spec = Layer("x", 'a "b"', "keras.layers.Dropout", {"rate": 0.1})
    assert layer_code(spec) == 'keras.layers.Dropout(0.1, name="a \\"b\\"")'
