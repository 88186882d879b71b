import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import Plan
from regimen.remedies import StochasticDepth


def dropped(plan, **settings):
    """{addition: (what its branch ended in, rate)}."""
    graph = StochasticDepth(**settings).apply(plan)[0].graph
    found = {}
    for call in graph.calls:
        layer = graph.layer(call.layer)
        if layer.key.endswith("_stochasticdepth"):
            assert layer.class_name == "Dropout"
            assert layer.config["noise_shape"] == [None, 1, 1, 1]
            (following,) = graph.consumers(call.id)
            found[following.layer] = (call.refs()[0].call, layer.config["rate"])
    return found


@pytest.fixture(scope="module")
def residual_cnn():
    return Plan(Graph.from_keras(build_network("residual_cnn", (8, 8, 1), 3)))


def test_the_rate_grows_with_depth_to_the_given_one(residual_cnn):
    found = dropped(residual_cnn, rate=0.3)
    assert found == {f"block{n}_add": (f"block{n}_conv3", pytest.approx(0.1 * n)) for n in (1, 2, 3)}
    assert found["block3_add"][1] == 0.3
    assert dropped(residual_cnn, rate=0.3, where="block2_add") == {"block2_add": ("block2_conv3", 0.3)}


@pytest.mark.parametrize("plan", ["residual"], indirect=True)
def test_a_tie_is_no_residual_addition(plan):
    assert dropped(plan) == {"sum1": ("b1", 0.2)}  # sum2 adds one convolution to one convolution


def test_only_the_branch_is_dropped_and_in_whole_images():
    given = keras.Input((6, 6, 2))
    stem = layers.Conv2D(3, 3, padding="same", name="stem")(given)
    branch = layers.Conv2D(3, 3, padding="same", name="branch")(stem)
    total = stem + branch
    both = layers.Concatenate(name="both")([total, branch])  # another consumer of the branch
    plan = Plan(Graph.from_keras(keras.Model(given, layers.Dense(2)(layers.Flatten()(both)))))
    changed, receipt = StochasticDepth(0.5).apply(plan)
    (change,) = receipt.changes
    assert change.endswith(": the branch from branch is left out with probability 0.5")
    model, made = changed.graph.build(seed=0)
    inner = keras.Model(model.input, [made[key].output for key in ("stem", "branch", "add", "both")])
    images = np.random.default_rng(0).normal(size=(40, 6, 6, 2)).astype("float32")
    stem, branch, total, both = (array.detach().numpy() for array in inner(images, training=True))
    np.testing.assert_array_equal(both, np.concatenate([total, branch], -1))
    left_out = [np.allclose(total[n], stem[n], atol=1e-5) for n in range(40)]
    assert 5 < sum(left_out) < 35
    for n in range(40):
        np.testing.assert_allclose(total[n], stem[n] + (0 if left_out[n] else 2 * branch[n]), atol=1e-5)
    stem, branch, total, _ = (array.detach().numpy() for array in inner(images, training=False))
    np.testing.assert_allclose(total, stem + branch, atol=1e-5)


def test_efficientnet_has_it_already_in_all_but_name():
    graph = Graph.from_keras(keras.applications.EfficientNetB0(input_shape=(32, 32, 3), weights=None, classes=3))
    with pytest.raises(RemedyError, match="the residual branches are left out at random already"):
        StochasticDepth().apply(Plan(graph))
    plain = graph
    drops = [layer for layer in graph.layers if layer.config.get("noise_shape") is not None]
    for layer in drops:
        plain = plain.without(layer.key)
    ours = dropped(Plan(plain), rate=0.2)
    theirs = {graph.consumers(layer.key)[0].layer: graph.calls_of(layer.key)[0].refs()[0].call for layer in drops}
    assert {addition: branch for addition, (branch, _) in ours.items()} == theirs


def test_a_dense_residual_network(make_plan):
    given = keras.Input((4, 4, 1))
    x = layers.Dense(6, name="first")(layers.Flatten()(given))
    x = layers.Add(name="sum")([layers.Dense(6, name="second")(x), x])
    plan = Plan(Graph.from_keras(keras.Model(given, layers.Dense(2)(x))))
    graph = StochasticDepth().apply(plan)[0].graph
    assert graph.layer("sum_stochasticdepth").config == {"rate": 0.2, "noise_shape": [None, 1]}


@pytest.mark.parametrize("rate", [0.2, 0])
def test_no_residual_additions(plan, rate):
    with pytest.raises(RemedyError, match="stochasticdepth: this model has no residual additions"):
        StochasticDepth(rate).apply(plan)


def test_other_names(residual_cnn):
    with pytest.raises(RemedyError, match=r"where=hidden matches no layer.*These it could: block1_add, block2_add"):
        StochasticDepth(where="hidden").apply(residual_cnn)
    once, _ = StochasticDepth(where="block1_add").apply(residual_cnn)
    with pytest.raises(RemedyError, match="left out at random already"):
        StochasticDepth(where="block?_add").apply(once)
    assert len(StochasticDepth().apply(once)[1].changes) == 2


@pytest.mark.parametrize("rate", [-0.1, 1, "0.2", True])
def test_rates_out_of_range(rate):
    with pytest.raises(RemedyError, match="stochasticdepth: rate must be a number, at least 0 and below 1; received"):
        StochasticDepth(rate)
