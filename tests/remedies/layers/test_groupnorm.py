import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.remedies import BatchNorm, GroupNorm


def groups(graph):
    return {
        layer.key.removesuffix("_groupnorm"): layer.config["groups"]
        for layer in graph.layers
        if layer.class_name == "GroupNormalization"
    }


def test_as_many_groups_as_divide_the_channels(make_plan):
    plan = make_plan(
        *(layers.Conv2D(12, 3, padding="same", name="twelve"), layers.DepthwiseConv2D(3, name="depthwise")),
        *(layers.Conv2D(16, 3, name="sixteen"), layers.Conv2D(5, 3, name="five"), layers.Flatten()),
        *(layers.Dense(32, name="dense"), layers.Dense(8, name="eight"), layers.Dense(1, name="one"), layers.Dense(2)),
    )
    changed, receipt = GroupNorm().apply(plan)
    # a group of one number would always be normalized to zero: hence 4 of 8, and none that matters of 1
    expected = {"twelve": 4, "depthwise": 4, "sixteen": 8, "five": 1, "dense": 8, "eight": 4, "one": 1}
    assert groups(changed.graph) == expected
    assert receipt.changes[0] == "twelve: GroupNormalization(4) after it"


def test_each_image_is_normalized_by_group(make_plan):
    plan = make_plan(layers.Conv2D(6, 3, name="a", activation="relu"), layers.Flatten(), layers.Dense(2))
    graph = GroupNorm(2, epsilon=1e-5).apply(plan)[0].graph
    assert [call.layer for call in graph.calls][1:4] == ["a", "a_groupnorm", "a_activation"]
    layer = graph.to_keras(seed=0).get_layer("a_groupnorm")
    images = np.random.default_rng(0).normal(5, 3, (3, 6, 6, 6)).astype("float32")
    in_groups = images.reshape(3, 36, 2, 3)
    mean, variance = in_groups.mean((1, 3), keepdims=True), in_groups.var((1, 3), keepdims=True)
    expected = ((in_groups - mean) / np.sqrt(variance + 1e-5)).reshape(images.shape)
    np.testing.assert_allclose(layer(images).detach().numpy(), expected, atol=1e-4)


@pytest.mark.parametrize(("first", "second"), [(BatchNorm, GroupNorm), (GroupNorm, BatchNorm)])
def test_two_normalizations_in_one_place(plan, first, second):
    once, _ = first(where="hidden").apply(plan)
    with pytest.raises(RemedyError, match=f"{second.word}: a normalization already follows layer 'hidden'; a second"):
        second(where="hidden").apply(once)
    everywhere, receipt = second().apply(once)
    assert len(receipt.changes) == 4
    with pytest.raises(RemedyError, match="a normalization already follows every convolution and dense layer"):
        second().apply(everywhere)


def test_nothing_but_frozen_layers(make_plan):
    plan = make_plan(
        *(layers.Conv2D(2, 3, name="a"), layers.Conv2D(2, 3, name="b", trainable=False), layers.Flatten()),
        layers.Dense(2),
    )
    with pytest.raises(RemedyError, match="every convolution and dense layer is frozen or passes what it makes on"):
        GroupNorm().apply(plan)
    assert groups(GroupNorm(2, where="a").apply(plan)[0].graph) == {"a": 2}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": 0}, "groups must be a whole number, at least 1; received 0"),
        ({"groups": 2.0}, "groups must be a whole number"),
        ({"groups": True}, "groups must be a whole number"),
        ({"epsilon": 0}, "epsilon must be above 0; received 0"),
        ({"where": ""}, "where must be a role or a pattern"),
    ],
)
def test_out_of_range(settings, message):
    with pytest.raises(RemedyError, match=f"groupnorm: {message}"):
        GroupNorm(**settings)
