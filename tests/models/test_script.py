"""The script of a model, run as printed, makes the same model."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from regimen.models.graph import Graph
from regimen.models.networks import NETWORKS, build_network
from regimen.models.script import script
from regimen.models.source import find_model


class Doubled(layers.Layer):
    def call(self, inputs):
        return inputs * 2


def softer(x):
    return ops.tanh(x) / 2


def chain():
    return build_network("digits_cnn", (8, 8, 1), 3)


def operations():
    given = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="first conv")(given)
    y = -((-2 * (x + given[..., :1])) / 3 - 1)
    y = ops.mean(y**2, axis=1, keepdims=True)[:, 0]
    y = ops.concatenate([y, y[:, 1:7:2]], axis=1)
    y = ops.reshape(y, (-1, 44))
    left, right = ops.split(y, 2, axis=-1)
    y = ops.where(left > 0, ops.relu6(left), 0.1 * right)
    y = ops.stack([y, ops.softmax(y, axis=-1)], axis=1)
    y = ops.normalize(ops.max(y, 1), axis=-1, order=1)
    return keras.Model(given, layers.Dense(3)(y))


def shared():
    """Shared layers, one called ``x``; fixed arguments of calls; a tensor that is needed later twice."""
    given = keras.Input((8, 8, 3), name="inputs")
    conv = layers.Conv2D(3, 3, padding="same", name="x")
    x = conv(conv(given))
    x = layers.BatchNormalization(name="class")(x, training=False)
    x = layers.Add(name="1st")([layers.Dropout(0.5, name="model")(x, training=True), x, conv(x)])
    x = layers.Flatten()(layers.Concatenate(name="both")([x, given]))
    return keras.Model(given, layers.Dense(2, name="keras")(x))


def recurrent():
    """Layers that return several tensors, of which one is used."""
    given = keras.Input((8, 8, 3))
    x = layers.Reshape((8, 24))(given)
    whole, state = layers.GRU(4, return_sequences=True, return_state=True)(x)
    x, *_ = layers.LSTM(4, return_state=True)(whole)
    x = layers.MultiHeadAttention(1, 2)(whole, value=whole)[:, 0] + x + state
    return keras.Model(given, layers.Dense(2)(x))


def own():
    """A class and a function of the user's own, frozen layers, statistics that were measured."""
    scaled = layers.Normalization()
    scaled.adapt(np.random.default_rng(0).normal(3, 2, (4, 8, 8, 2)))
    frozen = layers.Conv2D(4, 3, activation=softer, trainable=False, name="frozen")
    body = [scaled, frozen, Doubled(name="doubled"), layers.Flatten(), layers.Dense(2)]
    return keras.Sequential([keras.Input((8, 8, 2)), *body])


def nested():
    block = keras.Sequential([layers.Conv2D(2, 3), layers.ReLU()], name="block")
    return keras.Sequential([keras.Input((8, 8, 2)), block, layers.Flatten(), layers.Dense(2)])


def assert_builds(code, graph, space=None):
    """The code, run, builds the graph's model: the same layers, and the same outputs from the same weights."""
    space = space if space is not None else {}
    exec(code, space)
    made, expected = space["model"], graph.to_keras(seed=1)
    assert [layer.name for layer in made.layers] == [layer.name for layer in expected.layers]
    for layer in expected.layers:
        made.get_layer(layer.name).set_weights(layer.get_weights())
        assert made.get_layer(layer.name).trainable == layer.trainable
        assert type(made.get_layer(layer.name)) is type(layer)
    images = np.random.default_rng(0).normal(size=(3, *graph.input_shape)).astype("float32")
    keras.utils.set_random_seed(0)
    ours = keras.ops.convert_to_numpy(made(images))
    keras.utils.set_random_seed(0)
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(expected(images)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", [chain, operations, shared, recurrent, own, nested])
def test_the_script_builds_the_model(build):
    graph = Graph.from_keras(build())
    assert_builds(script(graph), graph)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_script_of_a_built_in_network(name):
    graph = Graph.from_keras(build_network(name, (32, 32, 3), 3))
    assert_builds(script(graph), graph)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "EfficientNetV2B0"])
def test_the_script_of_a_published_network(name):
    build = getattr(keras.applications, name)
    graph = Graph.from_keras(build(input_shape=(32, 32, 3), weights=None, classes=3))
    exec(script(graph), space := {})
    made, expected = space["model"], graph.to_keras()
    assert [layer.name for layer in made.layers] == [layer.name for layer in expected.layers]
    assert made.count_params() == expected.count_params()


def test_a_chain_reads_as_one():
    lines = script(Graph.from_keras(chain())).splitlines()
    assert lines[:4] == [
        "import keras",
        "",
        'inputs = keras.Input((8, 8, 1), name="image")',
        'x = keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="block1_conv1")(inputs)',
    ]
    assert all(line.startswith("x = keras.layers.") and line.endswith("(x)") for line in lines[4:-1])
    assert lines[-1] == "model = keras.Model(inputs, x)"


def test_a_branch_has_the_name_of_its_layer():
    given = keras.Input((8, 8, 2), name="image")
    x = layers.MaxPooling2D(name="pool")(given)
    x = layers.Add(name="sum")([x, layers.ReLU(name="relu")(layers.Conv2D(2, 1, name="conv")(x))])
    lines = script(Graph.from_keras(keras.Model(given, layers.Dense(2, name="d")(layers.Flatten(name="f")(x * 2)))))
    assert lines.splitlines()[3:] == [
        'pool = keras.layers.MaxPooling2D(name="pool")(inputs)',
        'x = keras.layers.Conv2D(2, 1, name="conv")(pool)',
        'x = keras.layers.ReLU(name="relu")(x)',
        'x = keras.layers.Add(name="sum")([pool, x])',
        "x = x * 2",
        'x = keras.layers.Flatten(name="f")(x)',
        'x = keras.layers.Dense(2, name="d")(x)',
        "model = keras.Model(inputs, x)",
    ]


def test_lines_on_images_come_first():
    graph = Graph.from_keras(shared())
    code = script(graph, ['x = keras.layers.RandomFlip("vertical", name="flipped")(x)  # mirrored'])
    exec(code, space := {})
    assert [layer.name for layer in space["model"].layers][:3] == ["inputs", "flipped", "x"]
    (images,) = space["model"].get_layer("both").input[1:]
    assert images is space["model"].get_layer("flipped").output


def test_classes_of_the_users_own_are_imported_or_named(tmp_path, monkeypatch):
    text = (
        "import keras\n"
        "class Halved(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x / 2\n"
        "def build():\n"
        "    return keras.Sequential([keras.Input((4, 4, 1)), Halved(), keras.layers.Flatten(),"
        " keras.layers.Dense(2)])\n"
    )
    (tmp_path / "halving.py").write_text(text)
    (tmp_path / "random.py").write_text(text)
    code = script(Graph.from_keras(find_model(f"{tmp_path / 'halving.py'}:build")))
    assert code.splitlines()[:3] == ["import keras", "from halving import Halved  # your own", ""]
    shadowed = script(Graph.from_keras(find_model(f"{tmp_path / 'random.py'}:build")))
    assert shadowed.splitlines()[1] == "# Halved: your own, from random.py; define it here"
    exec(code, space := {})
    assert type(space["model"].layers[1]) is space["Halved"]


def test_what_cannot_be_imported_is_to_be_defined(tmp_path):
    class Local(layers.Layer):
        def call(self, inputs):
            return inputs

    graph = Graph.from_keras(keras.Sequential([keras.Input((4, 4, 1)), Local(), layers.Flatten(), layers.Dense(2)]))
    code = script(graph)
    assert code.splitlines()[1] == "# Local: your own, from test_script.py; define it here"
    assert_builds(code, graph, {"Local": Local})
