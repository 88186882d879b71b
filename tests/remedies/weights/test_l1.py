import keras
import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.remedies import L1, L2


def test_the_penalty_is_factor_times_the_sum_of_absolute_kernels(make_plan):
    plan = make_plan(layers.Conv2D(3, 3), layers.SeparableConv2D(2, 2), layers.Flatten(), layers.Dense(2))
    model = L1(0.01).apply(plan)[0].graph.to_keras(seed=0)
    kernels = [weight.numpy() for layer in model.layers[:-1] for weight in layer.weights if "bias" not in weight.name]
    assert len(kernels) == 3
    expected = 0.01 * sum(float(np.abs(kernel).sum()) for kernel in kernels)
    assert sum(model.losses).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("both", [L1(0.01, "hidden") + L2(0.1, "hidden"), L2(0.1, "hidden") + L1(0.01, "hidden")])
def test_with_l2_it_is_the_elastic_net(plan, both):
    changed, receipt = both.apply(plan)
    assert receipt.changes[1].endswith("hidden: kernel_regularizer = L1L2(l1=0.01, l2=0.1)")
    layer = changed.graph.to_keras(seed=0).get_layer("hidden")
    assert isinstance(layer.kernel_regularizer, keras.regularizers.L1L2)
    kernel = layer.kernel.numpy()
    expected = 0.01 * np.abs(kernel).sum() + 0.1 * np.square(kernel).sum()
    assert layer.kernel_regularizer(layer.kernel).item() == pytest.approx(expected, rel=1e-5)
    with pytest.raises(RemedyError, match=r"l1: layer 'hidden' already has a kernel_regularizer \(L1L2\)"):
        L1().apply(changed)


def test_it_joins_a_penalty_of_the_model(make_plan):
    penalized = layers.Dense(4, name="hidden", kernel_regularizer=keras.regularizers.L1L2(0.0, 0.5))
    plan = make_plan(layers.Flatten(), penalized, layers.Dense(2))
    config = L1(0.25).apply(plan)[0].graph.layer("hidden").config["kernel_regularizer"]
    assert (config["class_name"], config["config"]) == ("L1L2", {"l1": 0.25, "l2": 0.5})
    with pytest.raises(RemedyError, match=r"l2: layer 'hidden' already has a kernel_regularizer \(L1L2\)"):
        L2().apply(plan)


def test_frozen_layers(make_plan):
    plan = make_plan(layers.Flatten(), layers.Dense(4, name="hidden", trainable=False), layers.Dense(2))
    with pytest.raises(RemedyError, match=r"l1: frozen weights do not change, so l1 on hidden does nothing\."):
        L1().apply(plan)


@pytest.mark.parametrize("factor", [-1, float("inf"), "1", False])
def test_factors_out_of_range(factor):
    with pytest.raises(RemedyError, match="l1: factor must be a number, at least 0; received"):
        L1(factor)
