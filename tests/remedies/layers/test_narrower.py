from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Plan
from regimen.remedies import GroupNorm, Narrower

IMAGE = (8, 8, 3)


def plan_of(build, shape=IMAGE):
    """A plan of the function's tensors, under a head of two classes."""
    given = keras.Input(shape)
    x = layers.GlobalAveragePooling2D()(build(given))
    return Plan(Graph.from_keras(keras.Model(given, layers.Dense(2, name="output")(x))))


def conv(filters, name, size=3, **settings):
    return layers.Conv2D(filters, size, padding="same", name=name, **settings)


def widths(plan, *remedy):
    """{layer: channels that it makes} of the layers that differ."""
    changed = Narrower(*remedy).apply(plan)[0].graph
    before, after = plan.graph.shapes, changed.shapes
    return {ref.call: shape[-1] for ref, shape in after.items() if shape != before[ref]}


def test_the_receipt_says_each_change(plan):
    changed, receipt = Narrower(0.3).apply(plan)
    assert receipt.changes == (
        "block1_conv1: filters 5 instead of 16",
        "block1_conv2: filters 5 instead of 16",
        "block2_conv1: filters 10 instead of 32",
        "block2_conv2: filters 10 instead of 32",
        "hidden: units 19 instead of 64",
    )
    assert changed.graph.to_keras().output_shape == plan.graph.to_keras().output_shape


def test_places(plan):
    assert widths(plan, 0.5, "dense") == {"hidden": 32}
    assert widths(plan, 0.25, "block1*/hidden")["block1_conv2"] == 4
    assert Narrower(0.001).apply(plan)[0].graph.layer("hidden").config["units"] == 1


@pytest.mark.parametrize(
    ("name", "factor"),
    [("MobileNetV2", 0.5), ("MobileNetV3Small", 0.3), ("EfficientNetB0", 0.25), ("ResNet50", 0.3)],
)
def test_networks_of_keras_applications(name, factor):
    model = getattr(keras.applications, name)(input_shape=(32, 32, 3), weights=None, classes=3)
    changed = Narrower(factor).apply(Plan(Graph.from_keras(model)))[0].graph
    parameters = sum(
        int(np.prod(shape))
        for layer in changed.to_keras().layers
        for shape in (weight.shape for weight in layer.weights)
    )
    assert parameters < model.count_params() * factor**2 * 1.3
    kinds = {layer.class_name for layer in changed.layers}
    assert {layer.class_name for layer in Graph.from_keras(model).layers} == kinds


@pytest.mark.parametrize("plan", ["residual"], indirect=True)
def test_residual_additions_stay_equally_wide(plan):
    assert widths(plan, 0.5) == {
        "stem": 2,
        "b1": 2,
        "sum1": 2,
        "b2": 3,
        "shortcut": 3,
        "sum2": 3,
        "gap": 3,
        "hidden": 4,
    }
    assert widths(plan, 0.5, "stem/b1") == {"stem": 2, "b1": 2, "sum1": 2}
    with pytest.raises(
        RemedyError,
        match=r"narrower: layer 'sum1' joins what would no longer be equally wide: stem 2, b1 4. Choose other layers",
    ):
        Narrower(where="stem").apply(plan)


def test_what_depends_on_the_width_follows():
    def build(x):
        x = layers.BatchNormalization(name="norm")(conv(8, "a")(x))
        x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
        x = layers.Conv2D(16, 3, groups=16, name="as_groups")(x)
        x = layers.GroupNormalization(8, name="groups")(x)
        gate = layers.Reshape((1, 1, 16), name="reshape")(layers.GlobalAveragePooling2D()(x))
        gate = conv(16, "excite", 1, activation="sigmoid")(gate)
        mask = conv(1, "mask", 1)(x)
        return layers.Concatenate(name="both")([x * gate, x * mask, conv(6, "b")(x)])

    plan = plan_of(build)
    changed, receipt = Narrower(0.75).apply(plan)
    graph = changed.graph
    assert graph.layer("a").config["filters"] == 6
    assert {key: graph.layer("as_groups").config[key] for key in ("groups", "filters")} == {"groups": 12, "filters": 12}
    assert graph.layer("groups").config["groups"] == 4
    assert graph.layer("reshape").config["target_shape"] == [1, 1, 12]
    assert graph.layer("mask").config["filters"] == 1
    shapes = {ref.call: shape[-1] for ref, shape in graph.shapes.items()}
    assert (shapes["depthwise"], shapes["excite"], shapes["both"]) == (12, 12, 12 + 12 + 4)
    assert "as_groups: filters 12 instead of 16, groups 12 instead of 16" in receipt.changes
    graph.to_keras()


def test_groups_still_divide():
    plan = plan_of(lambda x: conv(24, "grouped", groups=8)(conv(16, "a")(x)))
    assert {key: width for key, width in widths(plan, 0.4).items() if key in ("a", "grouped")} == {"a": 8, "grouped": 8}
    with pytest.raises(RemedyError, match=r"narrower: with the factor 0\.9 every layer keeps its width"):
        Narrower(0.9, where="a").apply(plan)


def test_after_group_normalization(plan):
    both = (GroupNorm(8) + Narrower(0.75)).apply(plan)[0].graph
    groups = {layer.key: layer.config["groups"] for layer in both.layers if layer.class_name == "GroupNormalization"}
    assert groups["block1_conv1_groupnorm"] == 4  # of 12 channels


@keras.saving.register_keras_serializable("test_narrower")
class Scale(layers.Layer):
    """A weight per channel, whose number is a setting."""

    def __init__(self, channels, **settings):
        super().__init__(**settings)
        self.channels = channels
        self.scale = self.add_weight(shape=(channels,), initializer="ones")

    def call(self, x):
        return x * self.scale

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: Scale(8, name="scale")(conv(8, "a")(x)), "Layer 'scale' cannot take what it is given"),
        (lambda x: conv(8, "a")(x)[..., :4], ".*makes 4 channels of 8; how many it should make of 4 is not known"),
        (lambda x: layers.Add(name="sum")([x, conv(3, "a")(x)]), "layer 'sum' joins what would no longer be equally"),
        (
            lambda x: layers.Reshape((8, 8, 4), name="rows")(layers.Dense(256, name="d")(layers.Flatten()(x))),
            "layer 'rows' of class Reshape makes 4 channels of 256",
        ),
    ],
    ids=["setting", "slice", "image", "reshape"],
)
def test_what_cannot_follow_is_refused(build, message):
    plan = plan_of(build)
    with pytest.raises(RemedyError, match=f"narrower: {message}"):
        Narrower().apply(plan)


def test_the_number_of_outputs_stays():
    given = keras.Input(IMAGE)
    x = layers.Flatten()(given)
    scores = layers.Add()([layers.Dense(4, name="one")(x), layers.Dense(4, name="other")(x)])
    with pytest.raises(RemedyError, match="narrower: it would change the number of outputs"):
        Narrower().apply(Plan(Graph.from_keras(keras.Model(given, scores))))


def test_kept_weights_would_not_fit(plan):
    with pytest.raises(RemedyError, match="narrower: the kept weights would not fit layers of another width"):
        Narrower().apply(replace(plan, weights="a" * 64))


def test_factor_1_is_the_baseline(plan):
    changed, receipt = Narrower(1).apply(plan)
    assert changed is plan
    assert receipt.changes == ("nothing: factor 1",)


def test_a_shared_layer_is_narrowed_once():
    shared = conv(4, "shared")
    plan = plan_of(lambda x: shared(shared(conv(4, "a")(x))))
    changed = widths(plan, 0.5)
    assert changed["shared"] == changed["shared:1"] == 2
    with pytest.raises(RemedyError, match="narrower: Layer 'shared' cannot take what it is given"):
        Narrower(where="shared").apply(plan)


def test_no_such_layer(plan):
    with pytest.raises(RemedyError, match=r"where=head matches no layer.*The roles are all, dense"):
        Narrower(where="head").apply(plan)
    with pytest.raises(RemedyError, match=r"where=dense matches no layer.*none in this model"):
        Narrower(where="dense").apply(plan_of(lambda x: x))


@pytest.mark.parametrize("factor", [0, -1, 1.1, "0.5", True])
def test_out_of_range(factor):
    with pytest.raises(RemedyError, match="narrower: factor must be a number, "):
        Narrower(factor)


def test_residual_cnn_halves():
    plan = Plan(Graph.from_keras(build_network("residual_cnn", (8, 8, 1), 3)))
    before, after = (graph.to_keras().count_params() for graph in (plan.graph, Narrower().apply(plan)[0].graph))
    assert after < 0.27 * before
