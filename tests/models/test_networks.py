import keras
import numpy as np
import pytest

from regimen.errors import ModelError
from regimen.models.networks import NETWORKS, build_network, default_network, natural_shape


@pytest.mark.parametrize(
    ("name", "shape", "classes", "parameters"),
    [
        ("cifar_cnn", (32, 32, 3), 10, 814_122),
        ("fashion_cnn", (28, 28, 1), 10, 197_210),
        # 160 + 2,320 + 4,640 + 9,248 in convolutions, 128·64 + 64 and 64·10 + 10 in dense layers
        ("digits_cnn", (8, 8, 1), 10, 25_274),
    ],
)
def test_published_parameter_counts(name, shape, classes, parameters):
    assert build_network(name, shape, classes).count_params() == parameters


@pytest.mark.parametrize(("side", "left"), [(32, 4), (16, 2), (8, 2), (4, 2), (3, 3)])
def test_residual_cnn_pools_down_to_2(side, left):
    model = build_network("residual_cnn", (side, side, 3), 4)
    assert model.get_layer("block3_relu").output.shape == (None, left, left, 64)
    for block, filters in enumerate((16, 32, 64), 1):
        added = model.get_layer(f"block{block}_add")
        assert added.output.shape[-1] == filters
        bypass, branch = added.input
        assert branch is model.get_layer(f"block{block}_conv3").output
        assert bypass is model.get_layer(f"block{block}_conv2").input
    assert model.predict(np.zeros((2, side, side, 3)), verbose=0).shape == (2, 4)


@pytest.mark.parametrize(
    ("shape", "name"),
    [((8, 8, 1), "digits_cnn"), ((28, 28, 1), "fashion_cnn"), ((32, 32, 3), "cifar_cnn")]
    + [(shape, "small_cnn") for shape in [(64, 64, 3), (32, 32, 1), (8, 8, 3)]],
)
def test_default_network_by_size(shape, name):
    assert default_network(shape) == name


@pytest.mark.parametrize(
    ("shape", "blocks", "left"),
    [
        ((64, 64, 3), [32, 64, 128], (8, 8)),
        ((96, 128, 3), [32, 64, 128, 128], (6, 8)),
        ((17, 13, 1), [32], (8, 6)),
        ((2, 2, 1), [32], (1, 1)),
        ((40, 2, 3), [32], (20, 1)),
    ],
)
def test_small_cnn_halves_until_the_side_is_8_or_less(shape, blocks, left):
    model = build_network("small_cnn", shape, 3)
    pools = [layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    assert [pool.output.shape[-1] for pool in pools] == blocks
    assert pools[-1].output.shape[1:3] == left
    assert model.predict(np.zeros((2, *shape)), verbose=0).shape == (2, 3)


def test_images_too_small():
    with pytest.raises(ModelError, match=r"'cifar_cnn' cannot be built for images of shape \(4, 4, 3\)"):
        build_network("cifar_cnn", (4, 4, 3), 10)


def test_unknown_name():
    with pytest.raises(ModelError, match=r"no built-in network 'cifar'. Did you mean 'cifar_cnn'"):
        build_network("cifar", (32, 32, 3), 10)


def test_the_shape_that_a_network_was_made_for():
    for name in NETWORKS:
        shape = natural_shape(name)
        assert shape is None or default_network(shape) == name
    assert natural_shape("cifar_cnn") == (32, 32, 3)
    assert natural_shape("small_cnn") is None
