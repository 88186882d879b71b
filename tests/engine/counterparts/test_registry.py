"""The contract of every counterpart, and of the layers that Keras runs itself: Keras' outputs, gradients and losses.

Shapes, settings, weights, freezing and activity regularizers are drawn at random.
"""

import keras
import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from keras import layers

from regimen.engine.counterparts import COUNTERPARTS, counterpart
from regimen.engine.counterparts.activations import _FUNCTIONS
from regimen.engine.counterparts.arithmetic import Arithmetic
from regimen.engine.counterparts.convolution import same_padding
from regimen.engine.counterparts.fallback import KerasLayer
from regimen.engine.counterparts.registry import UNEXPORTED
from regimen.models.classes import class_of

BOOLEANS = st.booleans()
LAST_OR_FIRST = st.sampled_from(["channels_last", "channels_first"])
PADDINGS = st.sampled_from(["valid", "same"])
REGULARIZERS = st.sampled_from([None, "l1", "l2"])
CONSTRAINTS = st.sampled_from([None, "max_norm", "non_neg"])
ACTIVATIONS = st.sampled_from([None, "relu", "softmax", "silu"])
SIDES = st.tuples(st.integers(0, 2), st.integers(0, 2))


def numbers(low, high):
    return st.floats(low, high)


def sizes(low, high):
    return st.integers(low, high)


# Each strategy draws a layer's configuration and the shape of its input, or a list of shapes.


@st.composite
def of_shape(draw, ranks=(1, 3), **configuration):
    """A layer on (B, …) with as many more axes."""
    rank = draw(st.sampled_from(ranks))
    shape = tuple(draw(sizes(2, 6)) for _ in range(rank))
    return {name: draw(value) for name, value in configuration.items()}, shape


@st.composite
def of_images(draw, **configuration):
    """A layer on images, with a ``data_format``."""
    drawn = {name: draw(value) for name, value in configuration.items()}
    rows, columns, channels = draw(sizes(7, 9)), draw(sizes(7, 9)), draw(st.sampled_from([2, 4]))
    drawn["data_format"] = draw(LAST_OR_FIRST)
    last = drawn["data_format"] == "channels_last"
    return drawn, (rows, columns, channels) if last else (channels, rows, columns)


@st.composite
def convolutions(draw, **configuration):
    strides, dilation = draw(st.sampled_from([(1, 1), (2, 1), (1, 2), (3, 1)]))
    drawn, shape = draw(
        of_images(
            kernel_size=st.tuples(sizes(1, 3), sizes(1, 3)), strides=st.just(strides), dilation_rate=st.just(dilation),
            padding=PADDINGS, activation=ACTIVATIONS, use_bias=BOOLEANS, bias_regularizer=REGULARIZERS,
            bias_constraint=CONSTRAINTS, **configuration,
        )
    )  # fmt: skip
    return drawn, shape


@st.composite
def average_poolings(draw):
    """With "same" padding of like sides: Keras on torch repeats border pixels where they differ."""
    drawn, shape = draw(of_images(pool_size=sizes(1, 3), strides=sizes(1, 3), padding=PADDINGS))
    rows_and_columns = shape[:2] if drawn["data_format"] == "channels_last" else shape[1:]
    sides = [same_padding(size, drawn["pool_size"], drawn["strides"]) for size in rows_and_columns]
    if any(before != after for before, after in sides):
        drawn["padding"] = "valid"
    return drawn, shape


@st.composite
def along_an_axis(draw, **configuration):
    drawn, shape = draw(of_shape((1, 2, 3), **configuration))
    rank = len(shape)
    return {**drawn, "axis": draw(st.sampled_from([-1, rank, 1]))}, shape


@st.composite
def group_normalizations(draw):
    drawn, shape = draw(along_an_axis(epsilon=numbers(1e-3, 1e-1), center=BOOLEANS, scale=BOOLEANS))
    axis = drawn["axis"] - (drawn["axis"] > 0)
    shape = tuple(4 if index == axis % len(shape) else size for index, size in enumerate(shape))
    return {**drawn, "groups": draw(st.sampled_from([1, 2, -1] if len(shape) > 1 else [1, 2]))}, shape


@st.composite
def layer_normalizations(draw):
    drawn, shape = draw(of_shape((1, 2, 3), epsilon=numbers(1e-3, 1e-1), center=BOOLEANS, scale=BOOLEANS))
    count, rank = draw(sizes(1, len(shape))), len(shape)
    last = range(rank + 1 - count, rank + 1)
    return {**drawn, "axis": draw(st.sampled_from([list(last), [axis - rank - 1 for axis in last]]))}, shape


@st.composite
def normalizations(draw):
    _, shape = draw(of_shape())
    count = draw(st.sampled_from([None, shape[-1]]))
    statistics = numbers(0.5, 2) if count is None else st.lists(numbers(0.5, 2), min_size=count, max_size=count)
    return {"mean": draw(statistics), "variance": draw(statistics)}, shape


@st.composite
def rescalings(draw):
    _, shape = draw(of_shape())
    factors = st.one_of(numbers(-2, 2), st.lists(numbers(-2, 2), min_size=shape[-1], max_size=shape[-1]))
    return {"scale": draw(factors), "offset": draw(factors)}, shape


@st.composite
def slopes(draw):
    _, shape = draw(of_shape((3,)))
    return {"shared_axes": draw(st.sampled_from([None, [1], [1, 2]])), "alpha_regularizer": draw(REGULARIZERS)}, shape


@st.composite
def reshapes(draw):
    _, shape = draw(of_shape((3,)))
    return {"target_shape": draw(st.sampled_from([(-1,), (shape[2], -1), (shape[1], shape[0], shape[2])]))}, shape


@st.composite
def merges(draw, counts=(2, 3)):
    """Several inputs of one shape, or one of them to be broadcast, perhaps of lower rank: (B, C) with (B, H, W, C)."""
    _, shape = draw(of_shape((3,)))
    lesser = draw(st.sampled_from([shape, (1, 1, shape[2]), (shape[0], 1, 1), shape[2:]]))
    others = [shape] * (draw(st.sampled_from(counts)) - 1)
    return {}, [lesser, *others] if draw(BOOLEANS) else [*others, lesser]


@st.composite
def concatenations(draw):
    _, shape = draw(of_shape((3,)))
    axis = draw(st.sampled_from([-1, 1, 2, 3]))
    lengths = draw(st.lists(sizes(1, 4), min_size=2, max_size=3))
    position = axis % 4 - 1
    return {"axis": axis}, [(*shape[:position], length, *shape[position + 1 :]) for length in lengths]


NOISE_SHAPES = st.sampled_from([None, (None, 1, 1, 1), (1, None, None, 1)])
RATES = st.sampled_from([0.0, 0.4])
POOLINGS = of_images(pool_size=sizes(1, 3), strides=sizes(1, 3), padding=PADDINGS)
GLOBAL_POOLINGS = of_images(keepdims=BOOLEANS)

STRATEGIES = {
    layers.Activation: of_shape(activation=st.sampled_from(sorted(_FUNCTIONS))),
    layers.ActivityRegularization: of_shape(l1=numbers(0, 1), l2=numbers(0, 1)),
    layers.Add: merges(),
    layers.Average: merges(),
    layers.AveragePooling2D: average_poolings(),
    layers.BatchNormalization: along_an_axis(
        momentum=numbers(0, 1), epsilon=numbers(1e-3, 1e-1), center=BOOLEANS, scale=BOOLEANS,
        gamma_regularizer=REGULARIZERS,
    ),
    layers.Concatenate: concatenations(),
    layers.Conv2D: convolutions(
        filters=st.sampled_from([2, 4]), groups=sizes(1, 2), kernel_regularizer=REGULARIZERS,
        kernel_constraint=CONSTRAINTS,
    ),
    layers.Cropping2D: of_images(cropping=st.tuples(SIDES, SIDES)),
    layers.Dense: of_shape(
        units=sizes(2, 4), use_bias=BOOLEANS, activation=ACTIVATIONS, kernel_regularizer=REGULARIZERS,
        kernel_constraint=CONSTRAINTS,
    ),
    layers.DepthwiseConv2D: convolutions(
        depth_multiplier=sizes(1, 3), depthwise_regularizer=REGULARIZERS, depthwise_constraint=CONSTRAINTS
    ),
    layers.Dropout: of_shape((3,), rate=RATES, noise_shape=NOISE_SHAPES),
    layers.Flatten: of_shape((1, 2, 3), data_format=LAST_OR_FIRST),
    layers.GaussianDropout: of_shape(rate=RATES),
    layers.GaussianNoise: of_shape(stddev=RATES),
    layers.GlobalAveragePooling2D: GLOBAL_POOLINGS,
    layers.GlobalMaxPooling2D: GLOBAL_POOLINGS,
    layers.GroupNormalization: group_normalizations(),
    layers.Identity: of_shape(),
    layers.LayerNormalization: layer_normalizations(),
    layers.LeakyReLU: of_shape(negative_slope=numbers(0, 1)),
    layers.Maximum: merges(),
    layers.MaxPooling2D: POOLINGS,
    layers.Minimum: merges(),
    layers.Multiply: merges(),
    layers.Normalization: normalizations(),
    layers.Permute: of_shape((3,), dims=st.permutations([1, 2, 3])),
    layers.PReLU: slopes(),
    layers.ReLU: of_shape(
        max_value=st.sampled_from([None, 0.5]), negative_slope=numbers(0, 1), threshold=st.sampled_from([0.0, 0.1])
    ),
    layers.Rescaling: rescalings(),
    layers.Reshape: reshapes(),
    layers.SeparableConv2D: convolutions(
        filters=sizes(2, 4), depth_multiplier=sizes(1, 2), depthwise_regularizer=REGULARIZERS,
        pointwise_regularizer=REGULARIZERS, pointwise_constraint=CONSTRAINTS,
    ),
    layers.Softmax: along_an_axis(),
    layers.SpatialDropout2D: of_images(rate=RATES),
    layers.Subtract: merges(counts=(2,)),
    layers.UpSampling2D: of_images(
        size=st.tuples(sizes(1, 3), sizes(1, 3)), interpolation=st.sampled_from(["nearest", "bilinear", "bicubic"])
    ),
    layers.ZeroPadding2D: of_images(padding=st.tuples(SIDES, SIDES)),
}  # fmt: skip
STRATEGIES[class_of("keras.src.applications.convnext.LayerScale")] = of_shape((3,)).map(
    lambda drawn: ({"init_values": 0.1, "projection_dim": drawn[1][-1]}, drawn[1])
)


@keras.saving.register_keras_serializable("tests")
class Attention(layers.Layer):
    """A layer of a user's own: weights with a regularizer, a layer within, a loss added by hand."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units, kernel_regularizer="l2", activity_regularizer="l1")

    def build(self, shape):
        self.inner.build(shape)
        self.scale = self.add_weight(shape=(self.units,), name="scale", regularizer="l1", constraint="non_neg")
        self.shift = self.add_weight(shape=(self.units,), name="shift", trainable=False)

    def call(self, x):
        values = self.inner(x)
        self.add_loss(keras.ops.mean(keras.ops.square(values)))
        return keras.ops.softmax(values, axis=-1) * self.scale + self.shift

    def get_config(self):
        return {**super().get_config(), "units": self.units}


FALLBACKS = {
    Attention: of_shape(units=sizes(2, 3)),
    layers.BatchNormalization: of_shape(renorm=st.just(True)),
    layers.Conv2DTranspose: of_images(filters=sizes(1, 3), kernel_size=sizes(1, 3), kernel_regularizer=REGULARIZERS),
    layers.Dropout: of_shape((1,)).map(lambda drawn: ({"rate": 0.5, "noise_shape": (1, *drawn[1])}, drawn[1])),
    layers.ELU: of_shape(alpha=numbers(0.5, 1)),
    layers.LayerNormalization: of_shape((3,), axis=st.just([1, 3])),
    layers.Softmax: of_shape((3,), axis=st.just((1, 2))),
    layers.UnitNormalization: of_shape(),
}  # fmt: skip


def assert_close(ours, theirs, tolerance=1e-4):
    np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=tolerance, atol=tolerance)


def built(cls, config, shapes, rng, activity=None, trainable=True):
    layer = cls(**config)
    if activity is not None:
        layer.activity_regularizer = keras.regularizers.get(activity)
    layer.build([(None, *shape) for shape in shapes] if isinstance(shapes, list) else (None, *shapes))
    layer.set_weights([rng.uniform(0.5, 1.5, np.shape(weight)) for weight in layer.get_weights()])
    layer.trainable = trainable
    return layer


def inputs_of(shapes, rng):
    several = shapes if isinstance(shapes, list) else [shapes]
    return [torch.from_numpy(rng.normal(size=(5, *shape)).astype("float32")).requires_grad_() for shape in several]


def gradients(part):
    """Of the trainable weights, in Keras' axes."""
    found = []
    for name, weight in part.trainable():
        axes = part.axes.get(name)
        found.append(weight.grad if axes is None else weight.grad.permute(tuple(np.argsort(axes))))
        weight.grad = None
    return found


def assert_keeps_the_contract(ours, layer, shapes, rng):
    random = getattr(layer, "rate", 0) or getattr(layer, "stddev", 0)  # draws of our own: see test_noise.py
    for training in (False,) if random else (False, True):
        x = inputs_of(shapes, rng)
        y = [tensor.detach().clone().requires_grad_() for tensor in x]
        expected = layer(x if isinstance(shapes, list) else x[0], training=training)
        received = ours(y if isinstance(shapes, list) else y[0], training=training)
        assert_close(received, expected)
        losses, penalties = layer.losses, [*ours.activities, *ours.penalty()]
        ours.activities.clear()
        assert len(penalties) == len(losses)
        assert_close(sum(penalties, torch.zeros(())), sum(losses, torch.zeros(())))
        direction = torch.from_numpy(rng.normal(size=tuple(expected.shape)).astype("float32"))
        sum([(expected * direction).sum(), *losses]).backward()
        sum([(received * direction).sum(), *penalties]).backward()
        for mine, its in zip(y, x, strict=True):
            assert_close(mine.grad, its.grad)
        for gradient, variable in zip(gradients(ours), layer.trainable_weights, strict=True):
            assert_close(gradient, variable.value.grad, 1e-3)
            variable.value.grad = None
    with torch.no_grad():
        ours.constrain()
    for variable in layer.trainable_weights:
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable))
    for mine, its in zip(ours.weights(), layer.get_weights(), strict=True):  # running statistics too
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)
    ours.set_weights([weight * 2 for weight in ours.weights()])
    for mine, its in zip(ours.weights(), layer.get_weights(), strict=True):
        np.testing.assert_allclose(mine, 2 * its, rtol=1e-5, atol=2e-6)


def settings_of(cls):
    """Activity regularizers and freezing, which most classes take whatever they do."""
    return st.tuples(REGULARIZERS if cls is not layers.ActivityRegularization else st.none(), BOOLEANS)


QUICKLY = {"deadline": None, "derandomize": True, "database": None, "phases": [Phase.generate, Phase.shrink]}


@pytest.mark.parametrize("cls", STRATEGIES, ids=lambda cls: cls.__name__)
def test_a_counterpart_computes_what_keras_computes(cls):
    @settings(max_examples=12, **QUICKLY)
    @given(STRATEGIES[cls], settings_of(cls), st.integers(0, 99))
    def check(drawn, common, seed):
        (config, shapes), rng = drawn, np.random.default_rng(seed)
        layer = built(cls, config, shapes, rng, *common)
        ours = counterpart(layer)
        assert not isinstance(ours, KerasLayer)
        assert_keeps_the_contract(ours, layer, shapes, rng)

    check()


@pytest.mark.parametrize("cls", FALLBACKS, ids=lambda cls: cls.__name__)
def test_keras_runs_what_has_no_counterpart(cls):
    @settings(max_examples=6, **QUICKLY)
    @given(FALLBACKS[cls], settings_of(cls), st.integers(0, 99))
    def check(drawn, common, seed):
        (config, shapes), rng = drawn, np.random.default_rng(seed)
        layer, twin = (built(cls, config, shapes, np.random.default_rng(seed), *common) for _ in range(2))
        ours = counterpart(twin)
        assert isinstance(ours, KerasLayer)
        assert_keeps_the_contract(ours, layer, shapes, rng)

    check()


def test_every_counterpart_has_a_strategy():
    unexported = {class_of(path) for path, cls in UNEXPORTED.items() if cls is not Arithmetic}
    assert set(STRATEGIES) == set(COUNTERPARTS) | unexported
