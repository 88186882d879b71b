import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.remedies import L2


def penalties(plan, **settings):
    """{layer: {setting: λ}} after L2."""
    graph = L2(**settings).apply(plan)[0].graph
    return {
        layer.name: {name: value["config"].get("l2") for name, value in found.items()}
        for layer in graph.layers
        if (found := {name: value for name, value in layer.config.items() if name.endswith("regularizer") and value})
    }


KERNEL = {"kernel_regularizer": 0.01}


@pytest.mark.parametrize(
    ("plan", "where", "expected"),
    [
        ("sequential", "all", ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "hidden"]),
        ("sequential", "dense", ["hidden"]),
        ("sequential", "*_conv2/hidden", ["block1_conv2", "block2_conv2", "hidden"]),
        ("sequential", "output", ["output"]),
        ("nested", "all", ["c", "hidden"]),
        ("residual", "all", ["stem", "b1", "b2", "shortcut", "hidden"]),
    ],
    indirect=["plan"],
)
def test_places(plan, where, expected):
    assert penalties(plan, factor=0.01, where=where) == dict.fromkeys(expected, KERNEL)


@pytest.mark.parametrize("plan", ["functional"], indirect=True)
def test_a_separable_convolution_has_two_kernels(plan):
    both = {"depthwise_regularizer": 0.01, "pointwise_regularizer": 0.01}
    assert penalties(plan, factor=0.01) == {"c1": KERNEL, "c2": both, "hidden": KERNEL}
    _, receipt = L2(0.01).apply(plan)
    assert receipt.changes[1] == "c2: depthwise_regularizer = L2(0.01), pointwise_regularizer = L2(0.01)"


def test_the_penalty_is_factor_times_the_sum_of_squared_kernels(make_plan):
    body = [
        *(layers.Conv2D(3, 3), layers.DepthwiseConv2D(3), layers.SeparableConv2D(2, 2), layers.Conv2DTranspose(2, 2)),
        *(layers.Flatten(), layers.Dense(4), layers.Dense(2)),
    ]
    model = L2(0.01).apply(make_plan(*body))[0].graph.to_keras(seed=0)
    kernels = [weight.numpy() for layer in model.layers[:-1] for weight in layer.weights if "bias" not in weight.name]
    assert len(kernels) == 6
    expected = 0.01 * sum(float(np.sum(kernel**2)) for kernel in kernels)
    assert sum(model.losses).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "penalty",
    [keras.regularizers.L2(1e-3), keras.regularizers.L1L2(1e-3, 1e-3), keras.regularizers.OrthogonalRegularizer()],
)
def test_a_penalty_that_is_there_is_not_replaced(make_plan, penalty):
    plan = make_plan(
        *(layers.Flatten(), layers.Dense(4, name="penalized", kernel_regularizer=penalty)),
        *(layers.Dense(3, name="hidden"), layers.Dense(2)),
    )
    with pytest.raises(
        RemedyError, match=r"layer 'penalized' already has a kernel_regularizer.*Leave it out with where="
    ):
        L2().apply(plan)
    assert penalties(plan, factor=0.01, where="hidden")["hidden"] == KERNEL


@pytest.fixture
def frozen(make_plan):
    return make_plan(
        *(layers.Conv2D(2, 3, name="a1", trainable=False), layers.Conv2D(2, 3, name="a2"), layers.Flatten()),
        *(layers.Dense(3, name="hidden", trainable=False), layers.Dense(2)),
    )


@pytest.mark.parametrize("where", ["all", "a*", "*", "a2"])
def test_frozen_layers_are_left_out(frozen, where):
    assert penalties(frozen, factor=0.01, where=where)["a2"] == KERNEL
    assert not {"a1", "hidden"} & set(penalties(frozen, where=where))


@pytest.mark.parametrize(("where", "names"), [("a1", "a1"), ("a2/a1", "a1"), ("hid*", "hidden"), ("dense", "hidden")])
def test_frozen_layers_that_are_named_are_an_error(frozen, where, names):
    with pytest.raises(RemedyError, match=f"l2 on {names} does nothing. Choose trainable layers"):
        L2(where=where).apply(frozen)


@pytest.mark.parametrize(
    ("where", "message"),
    [("convs", "where=convs matches no layer"), ("flat", "These it could: hidden, output")],
)
def test_no_place(make_plan, where, message):
    plan = make_plan(layers.Flatten(name="flat"), layers.Dense(3, name="hidden"), layers.Dense(2, name="output"))
    with pytest.raises(RemedyError, match=message):
        L2(where=where).apply(plan)


def test_nothing_but_an_output_layer(make_plan):
    with pytest.raises(RemedyError, match=r"matches no layer that l2 could apply to.*none in this model"):
        L2().apply(make_plan(layers.Flatten(), layers.Dense(2)))


def test_a_convolution_before_global_pooling_is_the_output(make_plan):
    plan = make_plan(layers.Conv2D(4, 3, name="inner"), layers.Conv2D(2, 1), layers.GlobalAveragePooling2D())
    assert penalties(plan, factor=0.01) == {"inner": KERNEL}


@pytest.mark.parametrize("factor", [-1, -1e-9, float("nan"), float("inf"), "1", False])
def test_factors_out_of_range(factor):
    with pytest.raises(RemedyError, match="l2: factor must be a number, at least 0; received"):
        L2(factor)
