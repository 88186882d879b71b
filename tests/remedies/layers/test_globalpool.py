from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.plan import Plan
from regimen.remedies import GlobalPooling


@pytest.mark.parametrize(("kind", "reduce"), [("average", np.mean), ("max", np.max)])
def test_flatten_is_replaced(plan, kind, reduce):
    changed, receipt = GlobalPooling(kind).apply(plan)
    assert receipt.changes == (f"flatten: Global{kind.capitalize()}Pooling2D instead of Flatten",)
    assert [call.layer for call in changed.graph.calls][-4:] == [
        "block2_pool",
        "flatten_globalpool",
        "hidden",
        "output",
    ]
    model = changed.graph.to_keras(seed=0)
    assert model.get_layer("hidden").kernel.shape == (32, 64)
    inner = keras.Model(model.input, [model.get_layer(key).output for key in ("block2_pool", "flatten_globalpool")])
    images = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    before, after = (array.detach().numpy() for array in inner(images))
    np.testing.assert_allclose(after, reduce(before, axis=(1, 2)), atol=1e-6)


def test_kept_weights_would_not_fit(plan):
    with pytest.raises(RemedyError, match="globalpool: the kept weights of what follows Flatten would not fit"):
        GlobalPooling().apply(replace(plan, weights="a" * 64))


@pytest.mark.parametrize(
    "body",
    [
        [layers.GlobalAveragePooling2D(), layers.Dense(2)],
        [layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten(), layers.Dense(2)],
        [layers.Reshape((128,)), layers.Flatten(), layers.Dense(2)],
        [layers.Conv2D(2, 7), layers.Flatten(), layers.Softmax()],
    ],
    ids=["global pooling", "one pixel", "no pixels", "outputs"],
)
def test_no_place(make_plan, body):
    with pytest.raises(RemedyError, match="globalpool: this model has no Flatten of images"):
        GlobalPooling().apply(make_plan(*body))


def test_a_flatten_that_is_needed():
    given = keras.Input((4, 4, 3))
    x = layers.Reshape((8, 6), name="rows")(layers.Flatten(name="flat")(given))
    plan = Plan(Graph.from_keras(keras.Model(given, layers.Dense(2)(layers.Flatten()(x)))))
    with pytest.raises(RemedyError, match=r"globalpool: the model needs its Flatten\. Layer 'rows' cannot take"):
        GlobalPooling().apply(plan)


def test_kinds():
    with pytest.raises(RemedyError, match="globalpool: kind must be average or max; received 'min'"):
        GlobalPooling("min")
