import keras
import numpy as np
import pytest
import torch
from keras import layers

from regimen.engine.counterparts import counterpart
from regimen.errors import RemedyError
from regimen.remedies import MaxNorm

LAYERS = {
    "dense": (lambda: layers.Dense(3), {"kernel": "iu"}),
    "conv": (lambda: layers.Conv2D(3, 3), {"kernel": "hwiu"}),
    "transposed": (lambda: layers.Conv2DTranspose(3, 3), {"kernel": "hwui"}),
    "depthwise": (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), {"kernel": "hwuv"}),
    "separable": (lambda: layers.SeparableConv2D(3, 3), {"depthwise_kernel": "hwuv", "pointwise_kernel": "hwiu"}),
}
"""Layer → its kernels, with u, v for the axes that number their units and others for what a unit takes in."""


@pytest.mark.parametrize("name", LAYERS)
def test_the_incoming_weights_of_each_unit_are_within_the_limit(make_plan, name):
    make, kernels = LAYERS[name]
    layer = make()
    layer.name = "layer"
    plan = make_plan(layer, layers.Flatten(), layers.Dense(2))
    model = MaxNorm(0.5).apply(plan)[0].graph.to_keras(seed=0)
    layer = model.get_layer("layer")
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.get_weights()])
    before = {weight.name: weight.numpy().copy() for weight in layer.weights}
    ours = counterpart(layer)
    with torch.no_grad():
        ours.constrain()
    after = dict(zip([weight.name for weight in layer.weights], ours.weights(), strict=True))
    for kernel, axes in kernels.items():
        incoming = tuple(axis for axis, letter in enumerate(axes) if letter not in "uv")
        norm = np.sqrt(np.square(before[kernel]).sum(axis=incoming, keepdims=True))
        assert norm.max() > 0.5
        np.testing.assert_allclose(after[kernel].numpy(), before[kernel] * np.minimum(1, 0.5 / norm), rtol=1e-5)
    np.testing.assert_array_equal(after["bias"].numpy(), before["bias"])


def test_receipt_and_places(plan):
    _, receipt = MaxNorm(where="block1_conv1/hidden").apply(plan)
    assert receipt.changes == (
        "block1_conv1: kernel_constraint = MaxNorm(3, axis=[0, 1, 2])",
        "hidden: kernel_constraint = MaxNorm(3, axis=0)",
    )
    (dense,) = MaxNorm(where="dense").apply(plan)[1].changes
    assert dense == receipt.changes[1]


def test_a_constraint_that_is_there_is_not_replaced(make_plan):
    plan = make_plan(
        layers.Flatten(), layers.Dense(4, name="hidden", kernel_constraint=keras.constraints.NonNeg()), layers.Dense(2)
    )
    with pytest.raises(RemedyError, match=r"maxnorm: layer 'hidden' already has a kernel_constraint \(NonNeg\)"):
        MaxNorm().apply(plan)


@pytest.mark.parametrize("limit", [0, -1, float("inf"), float("nan"), "3"])
def test_limits_out_of_range(limit):
    with pytest.raises(RemedyError, match="maxnorm: limit must be "):
        MaxNorm(limit)
