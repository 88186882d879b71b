"""Models on which remedies are tried, each as a plan."""

import keras
import pytest
from keras import layers

from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Plan, Scaling


def sequential():
    return build_network("digits_cnn", (8, 8, 1), 3)


def functional():
    given = keras.Input((12, 12, 3))
    x = layers.MaxPooling2D(name="pool")(layers.Conv2D(4, 3, name="c1")(given))
    x = layers.ReLU(name="relu")(layers.SeparableConv2D(6, 3, name="c2")(x))
    x = layers.Dense(5, activation="tanh", name="hidden")(layers.GlobalAveragePooling2D(name="gap")(x))
    return keras.Model(given, layers.Softmax(name="softmax")(layers.Dense(3, name="scores")(x)))


def nested():
    block = keras.Sequential(
        [layers.Conv2D(4, 3, name="c"), layers.Activation("relu", name="r"), layers.AveragePooling2D(2, name="p")],
        name="block",
    )
    given = keras.Input((12, 12, 3))
    x = layers.Dense(5, name="hidden")(layers.Flatten(name="flat")(block(given)))
    return keras.Model(given, layers.Dense(1, activation="sigmoid", name="output")(x))


def residual():
    """Two residual blocks without pooling, the second of which downsamples on both branches."""
    given = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="stem")(given)
    x = layers.Add(name="sum1")([x, layers.Conv2D(4, 3, padding="same", activation="relu", name="b1")(x)])
    main = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="b2")(x)
    x = layers.Add(name="sum2")([main, layers.Conv2D(6, 1, strides=2, name="shortcut")(x)])
    x = layers.Dense(8, activation="relu", name="hidden")(layers.GlobalMaxPooling2D(name="gap")(x))
    return keras.Model(given, layers.Dense(3, name="output")(x))


def mobilenet():
    base = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False, pooling="avg")
    x = layers.Dense(8, activation="relu", name="hidden")(base.output)
    return keras.Model(base.input, layers.Dense(3, activation="softmax", name="output")(x))


def everything():
    """A network in which every remedy has a place."""
    given = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="stem")(given)
    x = layers.MaxPooling2D(name="pool")(x)
    branch = layers.Conv2D(8, 3, padding="same", activation="relu", name="c1")(x)
    branch = layers.Conv2D(8, 3, padding="same", name="c2")(branch)
    x = layers.ReLU(name="relu")(layers.Add(name="sum")([x, branch]))
    x = layers.Dense(8, activation="relu", name="hidden")(layers.Flatten(name="flat")(x))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="output")(x))


def finetuned():
    """A frozen base under a new head."""
    base = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False)
    base.trainable = False
    given = keras.Input((32, 32, 3))
    x = layers.GlobalAveragePooling2D(name="gap")(base(layers.Rescaling(1 / 127.5, -1)(given), training=False))
    x = layers.Dense(8, activation="relu", name="hidden")(x)
    return keras.Model(given, layers.Dense(3, activation="softmax", name="output")(x))


def frozen():
    """A frozen base as one layer, between layers that are trained."""
    base = keras.Sequential([layers.Conv2D(4, 3, name="c"), layers.MaxPooling2D(name="p")], name="base")
    base.trainable = False
    given = keras.Input((12, 12, 3))
    x = layers.Conv2D(6, 3, strides=2, activation="relu", name="top")(base(given))
    x = layers.Dense(5, activation="relu", name="hidden")(layers.Flatten(name="flat")(x))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="output")(x))


def arithmetic():
    """Operations on tensors, and a convolution that is called twice."""
    given = keras.Input((8, 8, 3))
    shared = layers.Conv2D(4, 3, padding="same", activation="relu", name="shared")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(given / 255.0)
    x = layers.MaxPooling2D(name="pool")(x + shared(x))
    x = layers.Dense(5, activation="relu", name="hidden")(layers.Flatten(name="flat")(x + shared(x)))
    return keras.Model(given, layers.Dense(3, activation="softmax", name="output")(x))


MODELS = {
    model.__name__: model
    for model in (sequential, functional, nested, residual, mobilenet, everything, finetuned, frozen, arithmetic)
}


def plan_of(model, **settings):
    return Plan(Graph.from_keras(model), **{"scaling": Scaling("standard", (127.0,), (64.0,)), **settings})


@pytest.fixture(scope="session")
def plans():
    return {name: plan_of(build()) for name, build in MODELS.items()}


@pytest.fixture
def plan(request, plans):
    """The plan of the model named by the parameter; the digits network without one."""
    return plans[getattr(request, "param", "sequential")]


def of_layers(*body):
    """A plan of a Sequential model."""
    return plan_of(keras.Sequential([keras.Input((8, 8, 2)), *body]))


@pytest.fixture
def make_plan():
    return of_layers
