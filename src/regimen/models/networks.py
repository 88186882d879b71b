"""The built-in networks, with readable, stable layer names."""

from collections.abc import Callable, Sequence
from typing import Any

from regimen.errors import ModelError, nearest
from regimen.models.backend import import_keras

Shape = tuple[int, int, int]


def digits_cnn(input_shape: Shape, classes: int) -> Any:
    """Two blocks of two 3×3 convolutions (16, 32 filters), dense 64: for 8×8 digits.

    Args:
        input_shape: (height, width, channels).
        classes: units of the softmax output.
    """
    return _plain("digits_cnn", input_shape, classes, [(16, 16), (32, 32)], dense=64)


def cifar_cnn(input_shape: Shape, classes: int) -> Any:
    """Three blocks of two 3×3 convolutions (32, 64, 128 filters), dense 256; 814,122 parameters on CIFAR-10.

    Args:
        input_shape: (height, width, channels).
        classes: units of the softmax output.
    """
    return _plain("cifar_cnn", input_shape, classes, [(32, 32), (64, 64), (128, 128)], dense=256)


def fashion_cnn(input_shape: Shape, classes: int) -> Any:
    """One 3×3 convolution of 10 filters, dense 100; 197,210 parameters on Fashion-MNIST.

    Args:
        input_shape: (height, width, channels).
        classes: units of the softmax output.
    """
    return _plain("fashion_cnn", input_shape, classes, [(10,)], dense=100)


def residual_cnn(input_shape: Shape, classes: int) -> Any:
    """Three stages of a 3×3 convolution (16, 32, 64 filters), pooling and a residual block, dense 64.

    Pooling is left out where it would leave less than 2×2 pixels.

    Args:
        input_shape: (height, width, channels).
        classes: units of the softmax output.
    """
    keras = import_keras()
    layers = keras.layers
    image = x = keras.Input(input_shape, name="image")

    def convolution(filters: int, name: str, activation: str | None = "relu") -> Any:
        return layers.Conv2D(filters, 3, padding="same", activation=activation, name=name)

    for block, filters in enumerate((16, 32, 64), 1):
        x = convolution(filters, f"block{block}_conv1")(x)
        if min(x.shape[1:3]) >= 4:
            x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
        branch = convolution(filters, f"block{block}_conv2")(x)
        branch = convolution(filters, f"block{block}_conv3", None)(branch)
        x = layers.Add(name=f"block{block}_add")([x, branch])
        x = layers.Activation("relu", name=f"block{block}_relu")(x)
    x = layers.Dense(64, activation="relu", name="hidden")(layers.Flatten(name="flatten")(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax", name="output")(x), name="residual_cnn")


def small_cnn(input_shape: Shape, classes: int) -> Any:
    """As many blocks of two convolutions (32, 64, 128, 128, … filters) as bring the side to 8 or less, dense 256.

    Args:
        input_shape: (height, width, channels).
        classes: units of the softmax output.
    """
    side, blocks = max(input_shape[:2]), []
    while (side > 8 or not blocks) and min(input_shape[:2]) >> len(blocks) >= 2:
        filters = min(32 << len(blocks), 128)
        blocks.append((filters, filters))
        side //= 2
    return _plain("small_cnn", input_shape, classes, blocks, dense=256)


NETWORKS: dict[str, Callable[[Shape, int], Any]] = {
    "cifar_cnn": cifar_cnn,
    "digits_cnn": digits_cnn,
    "fashion_cnn": fashion_cnn,
    "residual_cnn": residual_cnn,
    "small_cnn": small_cnn,
}

_BY_SHAPE = {(8, 8, 1): "digits_cnn", (28, 28, 1): "fashion_cnn", (32, 32, 3): "cifar_cnn"}


def default_network(input_shape: Shape) -> str:
    """The name of the network used for images of this shape when the user names none."""
    return _BY_SHAPE.get(tuple(input_shape), "small_cnn")


def natural_shape(name: str) -> Shape | None:
    """The shape of the images that a built-in network was made for; None for one that takes any."""
    return next((shape for shape, network in _BY_SHAPE.items() if network == name), None)


def build_network(name: str, input_shape: Shape, classes: int) -> Any:
    """A built-in network as an uncompiled Keras model.

    Raises:
        ModelError: there is no network of this name, or the images are too small for it.
    """
    if name not in NETWORKS:
        raise ModelError(f"There is no built-in network {name!r}. {nearest(name, NETWORKS)}")
    try:
        return NETWORKS[name](input_shape, classes)
    except ValueError as error:
        raise ModelError(f"The network {name!r} cannot be built for images of shape {input_shape}: {error}") from error


def _plain(name: str, input_shape: Shape, classes: int, blocks: Sequence[Sequence[int]], dense: int) -> Any:
    """3×3 same/ReLU convolutions, 2×2 pooling after each block, Flatten, a ReLU layer, softmax."""
    keras = import_keras()
    model = keras.Sequential([keras.Input(input_shape, name="image")], name=name)
    for block, filters in enumerate(blocks, 1):
        for number, count in enumerate(filters, 1):
            model.add(
                keras.layers.Conv2D(count, 3, padding="same", activation="relu", name=f"block{block}_conv{number}")
            )
        model.add(keras.layers.MaxPooling2D(name=f"block{block}_pool"))
    model.add(keras.layers.Flatten(name="flatten"))
    model.add(keras.layers.Dense(dense, activation="relu", name="hidden"))
    model.add(keras.layers.Dense(classes, activation="softmax", name="output"))
    return model
