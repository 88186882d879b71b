import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.plan import Plan
from regimen.remedies import BatchNorm


def chain(graph):
    """Layer keys along the calls."""
    return [call.layer for call in graph.calls][1:]


def test_between_a_layer_and_its_fused_activation(plan):
    graph = BatchNorm(where="hidden").apply(plan)[0].graph
    at = chain(graph).index("hidden")
    assert chain(graph)[at : at + 4] == ["hidden", "hidden_batchnorm", "hidden_activation", "output"]
    assert graph.layer("hidden").config == {**plan.graph.layer("hidden").config, "activation": "linear"}
    assert graph.layer("hidden_activation").config == {"activation": "relu"}


def test_everywhere_but_the_output(plan):
    graph = BatchNorm(momentum=0.9, epsilon=1e-5).apply(plan)[0].graph
    added = [layer for layer in graph.layers if layer.class_name == "BatchNormalization"]
    assert [layer.key for layer in added] == [
        *("block1_conv1_batchnorm", "block1_conv2_batchnorm", "block2_conv1_batchnorm", "block2_conv2_batchnorm"),
        "hidden_batchnorm",
    ]
    assert {tuple(layer.config.items()) for layer in added} == {(("axis", -1), ("momentum", 0.9), ("epsilon", 1e-5))}
    assert graph.layer("output") == plan.graph.layer("output")


def test_before_an_activation_that_is_a_layer_of_its_own(make_plan):
    plan = make_plan(
        *(layers.Conv2D(2, 3, name="a"), layers.ReLU(name="r"), layers.Conv2D(2, 3, name="b", use_bias=False)),
        *(
            layers.Activation("tanh", name="t"),
            layers.Flatten(name="f"),
            layers.Dense(2, name="o"),
            layers.Softmax(name="s"),
        ),
    )
    graph = BatchNorm().apply(plan)[0].graph
    assert chain(graph) == ["a", "a_batchnorm", "r", "b", "b_batchnorm", "t", "f", "o", "s"]
    assert [graph.layer(key).config["use_bias"] for key in "ab"] == [True, False]


def test_the_network_normalizes(make_plan):
    plan = make_plan(layers.Conv2D(3, 3, name="a", activation="relu"), layers.Flatten(), layers.Dense(2))
    model = BatchNorm(epsilon=1e-9).apply(plan)[0].graph.to_keras(seed=0)
    normalized = model.get_layer("a_batchnorm")
    inputs = np.random.default_rng(0).normal(5, 3, (16, 6, 6, 3)).astype("float32")
    outputs = normalized(inputs, training=True).detach().numpy()
    np.testing.assert_allclose(outputs.mean((0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(outputs.std((0, 1, 2)), 1, atol=1e-3)


@pytest.fixture
def normalized(make_plan):
    return make_plan(
        *(layers.Conv2D(2, 3, name="a"), layers.BatchNormalization(), layers.ReLU()),
        *(layers.Conv2D(2, 3, name="b"), layers.LayerNormalization()),
        *(layers.Flatten(), layers.Dense(3, name="hidden"), layers.Dense(2, name="output")),
    )


def test_layers_with_a_normalization_are_skipped(normalized):
    _, receipt = BatchNorm().apply(normalized)
    assert receipt.changes == ("hidden: BatchNormalization after it",)


def test_naming_a_layer_with_a_normalization_is_an_error(normalized):
    with pytest.raises(RemedyError, match="a normalization already follows layer 'b'"):
        BatchNorm(where="b").apply(normalized)


def test_a_second_time_is_an_error(plan):
    once, _ = BatchNorm().apply(plan)
    with pytest.raises(RemedyError, match="a normalization already follows every convolution and dense layer"):
        BatchNorm().apply(once)


def test_frozen_layers_keep_their_outputs_unless_they_are_named(make_plan):
    plan = make_plan(
        *(layers.Conv2D(2, 3, name="a", trainable=False), layers.Flatten()),
        *(layers.Dense(3, name="hidden"), layers.Dense(2)),
    )
    assert "a_batchnorm" not in chain(BatchNorm().apply(plan)[0].graph)
    assert "a_batchnorm" in chain(BatchNorm(where="a").apply(plan)[0].graph)


def test_normalizations_behind_additions_and_activations_count(make_plan):
    plan = make_plan(
        *(layers.Conv2D(2, 3, name="a"), layers.LeakyReLU(), layers.Dropout(0.1), layers.BatchNormalization()),
        *(layers.Conv2D(2, 3, activation="relu", name="b"), layers.Flatten(), layers.Dense(2)),
    )
    assert BatchNorm().apply(plan)[1].changes == ("b: BatchNormalization between it and its activation",)


def test_a_pre_activation_network_is_normalized_already():
    network = keras.applications.ResNet50V2(input_shape=(32, 32, 3), weights=None, classes=3)
    with pytest.raises(RemedyError, match="a normalization already follows every convolution and dense layer"):
        BatchNorm().apply(Plan(Graph.from_keras(network)))


def test_gates_of_squeeze_and_excitation_are_left_out(make_plan):
    given = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 3, name="main")(given)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="gate")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Flatten()(layers.Multiply()([x, gate]))
    plan = Plan(Graph.from_keras(keras.Model(given, layers.Dense(2)(x))))
    assert BatchNorm().apply(plan)[1].changes == ("main: BatchNormalization after it",)
    assert "gate_batchnorm" in chain(BatchNorm(where="gate").apply(plan)[0].graph)


def test_shared_layers_are_left_out_unless_they_are_named(make_plan):
    shared = layers.Conv2D(2, 3, padding="same", name="shared", activation="relu")
    plan = make_plan(shared, shared, layers.Flatten(), layers.Dense(3, name="hidden"), layers.Dense(2))
    assert BatchNorm().apply(plan)[1].changes == ("hidden: BatchNormalization after it",)
    with pytest.raises(RemedyError, match=r"batchnorm: .*layer 'shared'.*is shared"):
        BatchNorm(where="shared").apply(plan)
    with pytest.raises(RemedyError, match="batchnorm: every layer that is trained here is shared"):
        BatchNorm().apply(make_plan(shared, shared, layers.Flatten(), layers.Dense(2)))


@pytest.mark.parametrize("where", ["all", "output"])
def test_no_inner_layer_with_weights(make_plan, where):
    plan = make_plan(layers.Flatten(), layers.Dense(2, name="output"))
    with pytest.raises(RemedyError, match=r"matches no layer that batchnorm could apply to.*none in this model"):
        BatchNorm(where=where).apply(plan)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 1}, "momentum must be a number, at least 0 and below 1; received 1"),
        ({"momentum": -0.1}, "momentum must be"),
        ({"epsilon": 0}, "epsilon must be above 0; received 0"),
        ({"epsilon": 2}, "epsilon must be a number, at least 0 and at most 1"),
        ({"where": ""}, "where must be a role or a pattern"),
    ],
)
def test_out_of_range(settings, message):
    with pytest.raises(RemedyError, match=f"batchnorm: {message}"):
        BatchNorm(**settings)
