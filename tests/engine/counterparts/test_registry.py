"""Every counterpart against Keras: outputs and gradients, in training and in inference."""

import numpy as np
import pytest
import torch
from keras import layers

from regimen.engine.counterparts import COUNTERPARTS, counterpart
from regimen.engine.counterparts.fallback import KerasLayer

IMAGE = (7, 9, 4)

CASES = {
    "activation": (lambda: layers.Activation("relu"), IMAGE),
    "activation-gelu": (lambda: layers.Activation("gelu"), IMAGE),
    "activation-softmax": (lambda: layers.Activation("softmax"), (5,)),
    "activation-leaky": (lambda: layers.Activation("leaky_relu"), IMAGE),
    "activation-hard-silu": (lambda: layers.Activation("hard_silu"), IMAGE),
    "average-pooling": (lambda: layers.AveragePooling2D(2), IMAGE),
    "average-pooling-same": (lambda: layers.AveragePooling2D(3, strides=2, padding="same"), IMAGE),
    "batch-normalization": (lambda: layers.BatchNormalization(), IMAGE),
    "batch-normalization-dense": (lambda: layers.BatchNormalization(momentum=0.9, epsilon=1e-2), (6,)),
    "batch-normalization-frozen": (lambda: layers.BatchNormalization(trainable=False), IMAGE),
    "batch-normalization-plain": (lambda: layers.BatchNormalization(center=False, scale=False), IMAGE),
    "conv": (lambda: layers.Conv2D(6, 3, padding="same", activation="relu"), IMAGE),
    "conv-dilated": (lambda: layers.Conv2D(6, 3, dilation_rate=2, padding="same"), IMAGE),
    "conv-grouped": (lambda: layers.Conv2D(6, 3, groups=2), IMAGE),
    "conv-strided": (lambda: layers.Conv2D(6, (3, 2), strides=2, padding="same", use_bias=False), IMAGE),
    "conv-strided-valid": (lambda: layers.Conv2D(6, 5, strides=(2, 1), activation="tanh"), IMAGE),
    "dense": (lambda: layers.Dense(5, activation="sigmoid"), (6,)),
    "dense-image": (lambda: layers.Dense(5, use_bias=False), IMAGE),
    "dropout-zero": (lambda: layers.Dropout(0.0), IMAGE),
    "dropout-images-zero": (lambda: layers.Dropout(0.0, noise_shape=(None, 1, 1, 1)), IMAGE),
    "flatten": (lambda: layers.Flatten(), IMAGE),
    "gaussian-noise-zero": (lambda: layers.GaussianNoise(0.0), IMAGE),
    "global-average": (lambda: layers.GlobalAveragePooling2D(), IMAGE),
    "global-max": (lambda: layers.GlobalMaxPooling2D(keepdims=True), IMAGE),
    "group-normalization": (lambda: layers.GroupNormalization(2), IMAGE),
    "group-normalization-dense": (lambda: layers.GroupNormalization(3, axis=1, epsilon=1e-2), (6,)),
    "group-normalization-instance": (lambda: layers.GroupNormalization(-1, center=False), IMAGE),
    "group-normalization-layer": (lambda: layers.GroupNormalization(1, scale=False, center=False), IMAGE),
    "identity": (lambda: layers.Identity(), IMAGE),
    "leaky-relu": (lambda: layers.LeakyReLU(negative_slope=0.1), IMAGE),
    "max-pooling": (lambda: layers.MaxPooling2D(), IMAGE),
    "max-pooling-same": (lambda: layers.MaxPooling2D(3, strides=2, padding="same"), IMAGE),
    "normalization": (lambda: layers.Normalization(mean=[1.0, 0, 2, 3], variance=[1.0, 4, 9, 0.5]), IMAGE),
    "relu": (lambda: layers.ReLU(), IMAGE),
    "relu-all": (lambda: layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.1), IMAGE),
    "rescaling": (lambda: layers.Rescaling(1 / 255, offset=-0.5), IMAGE),
    "rescaling-channels": (lambda: layers.Rescaling([1.0, 2, 3, 4], offset=[0.0, 1, 2, 3]), IMAGE),
    "reshape": (lambda: layers.Reshape((9, -1)), IMAGE),
    "softmax": (lambda: layers.Softmax(), (6,)),
    "spatial-dropout-zero": (lambda: layers.SpatialDropout2D(0.0), IMAGE),
    "zero-padding": (lambda: layers.ZeroPadding2D(((1, 0), (2, 3))), IMAGE),
}
MERGES = {"add": lambda: layers.Add(), "concatenate": lambda: layers.Concatenate(axis=-1)}


def assert_same(ours, theirs, tolerance=2e-5):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def built(make, shape, rng):
    layer = make()
    layer.build((None, *shape))
    layer.set_weights([rng.uniform(0.5, 1.5, np.shape(w)).astype("float32") for w in layer.get_weights()])
    return layer


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("case", CASES)
def test_computes_what_keras_computes(case, training, rng):
    make, shape = CASES[case]
    layer = built(make, shape, rng)
    ours = counterpart(layer)
    assert not isinstance(ours, KerasLayer)
    x = torch.from_numpy(rng.normal(size=(5, *shape)).astype("float32"))
    x1, x2 = x.clone().requires_grad_(), x.clone().requires_grad_()
    expected, received = layer(x1, training=training), ours(x2, training=training)
    assert_same(received, expected)
    direction = torch.from_numpy(rng.normal(size=tuple(expected.shape)).astype("float32"))
    (expected * direction).sum().backward()
    (received * direction).sum().backward()
    assert_same(x2.grad, x1.grad)
    for variable, name in zip(layer.weights, ours.weight_names, strict=True):
        if variable.trainable and layer.trainable:
            gradient = getattr(ours, name).grad
            axes = ours.axes.get(name)
            gradient = gradient if axes is None else gradient.permute(tuple(np.argsort(axes)))
            assert_same(gradient, variable.value.grad, 1e-4)
        else:
            assert not getattr(ours, name).requires_grad
    for theirs, weight in zip(layer.get_weights(), ours.weights(), strict=True):  # running statistics too
        np.testing.assert_allclose(weight.numpy(), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", MERGES)
def test_merges_what_keras_merges(case, rng):
    layer = MERGES[case]()
    inputs = [torch.from_numpy(rng.normal(size=(2, 3, 3, 4)).astype("float32")) for _ in range(3)]
    assert_same(counterpart(layer)(inputs, training=True), layer(inputs))


def test_every_counterpart_has_a_case():
    tested = {type(make()) for make, _ in CASES.values()} | {type(make()) for make in MERGES.values()}
    assert tested == set(COUNTERPARTS)


@pytest.mark.parametrize("case", CASES)
def test_weights_round_trip(case, rng):
    make, shape = CASES[case]
    ours = counterpart(built(make, shape, rng))
    before = [weight.clone() for weight in ours.weights()]
    ours.set_weights([weight * 2 for weight in before])
    for weight, old in zip(ours.weights(), before, strict=True):
        torch.testing.assert_close(weight, old * 2)


def test_batch_normalization_takes_a_batch_of_one_value():
    layer = built(lambda: layers.BatchNormalization(), (3,), np.random.default_rng(0))
    ours = counterpart(layer)
    x = torch.ones(1, 3)
    assert_same(ours(x, training=True), layer(x, training=True))
    assert torch.isfinite(ours.moving_variance).all()


def test_running_variance_is_the_biased_one():
    layer = layers.BatchNormalization(momentum=0.0)
    layer.build((None, 1))
    ours = counterpart(layer)
    ours(torch.tensor([[1.0], [3.0]]), training=True)
    assert ours.moving_variance.item() == pytest.approx(1.0, abs=1e-5)  # unbiased: 2.0


def test_dropout_is_bernoulli_scaled_and_off_in_inference():
    ours = counterpart(layers.Dropout(0.3))
    ours.reseed(1)
    x = torch.ones(200, 500)
    dropped = ours(x, training=True)
    assert set(np.unique(dropped.numpy()).round(5)) == {0.0, np.float32(1 / 0.7).round(5)}
    assert (dropped == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(ours(x, training=False), x)
    again = counterpart(layers.Dropout(0.3))
    again.reseed(1)
    assert torch.equal(again(x, training=True), dropped)


NOISES = {
    "dropout-images": (lambda: layers.Dropout(0.3, noise_shape=(None, 1, 1, 1)), (1, 2, 3)),
    "dropout-rows": (lambda: layers.Dropout(0.3, noise_shape=(None, None, 1, 1)), (2, 3)),
    "dropout-once": (lambda: layers.Dropout(0.3, noise_shape=(1, None, None, None)), (0,)),
    "spatial-dropout": (lambda: layers.SpatialDropout2D(0.3), (1, 2)),
}


@pytest.mark.parametrize("case", NOISES)
def test_noise_is_drawn_along_the_axes_that_keras_draws_it_along(case):
    make, shared = NOISES[case]
    layer = make()
    ours = counterpart(layer)
    assert not isinstance(ours, KerasLayer)
    ours.reseed(3)
    x = torch.ones(12, 13, 14, 15)
    dropped = {"ours": ours(x, training=True), "theirs": layer(x, training=True)}
    for found in dropped.values():
        assert found.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
        one = found
        for axis in shared:
            one = one.narrow(axis, 0, 1)
        assert torch.equal(one.expand_as(found), found)
        deviation = (0.3 * 0.7 / one.numel()) ** 0.5
        assert (one == 0).float().mean().item() == pytest.approx(0.3, abs=4.5 * deviation)
    assert torch.equal(ours(x, training=False), x)


def test_gaussian_noise_has_the_standard_deviation_that_keras_gives_it():
    layer = layers.GaussianNoise(0.4)
    ours = counterpart(layer)
    ours.reseed(0)
    x = torch.rand(50, 20, 20, 3)
    noise = ours(x, training=True) - x
    for found in (noise, layer(x, training=True) - x):
        assert found.std().item() == pytest.approx(0.4, rel=0.02)
        assert found.mean().item() == pytest.approx(0, abs=0.01)
    assert (noise[0] - noise[1]).abs().min() > 0
    assert torch.equal(ours(x, training=False), x)
    again = counterpart(layers.GaussianNoise(0.4))
    again.reseed(0)
    assert torch.equal(again(x, training=True) - x, noise)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(4, 3, data_format="channels_first"),
        lambda: layers.BatchNormalization(axis=1),
        lambda: layers.Dropout(0.5, noise_shape=(None, 1, 1, 4)),
        lambda: layers.GroupNormalization(2, axis=1),
        lambda: layers.GroupNormalization(2, scale=False),
        lambda: layers.SpatialDropout2D(0.5, data_format="channels_first"),
    ],
    ids=["channels-first", "axis", "noise-shape", "group-axis", "group-offset", "spatial-channels-first"],
)
def test_settings_that_a_counterpart_lacks_go_to_keras(make):
    layer = make()
    layer.build((None, 8, 8, 8))
    ours = counterpart(layer)
    assert isinstance(ours, KerasLayer)
    x = torch.rand(2, 8, 8, 8)
    assert_same(ours(x, training=False), layer(x, training=False))
