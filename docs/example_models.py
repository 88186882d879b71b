"""Two models of one's own, on which docs/remedies.md shows what remedies change."""

import keras
from keras import layers


def residual(input_shape, classes):
    """By hand: patches of 4×4 pixels, two residual blocks of 3×3 convolutions, pooling between them, dense 128."""
    image = x = keras.Input(input_shape, name="image")
    x = layers.Conv2D(32, 4, strides=4, activation="relu", name="patches")(x)
    for block in (1, 2):
        branch = layers.Conv2D(32, 3, padding="same", activation="relu", name=f"block{block}_conv1")(x)
        branch = layers.Conv2D(32, 3, padding="same", name=f"block{block}_conv2")(branch)
        x = layers.ReLU(name=f"block{block}_relu")(layers.Add(name=f"block{block}_add")([x, branch]))
        if block == 1:
            x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Dense(128, activation="relu", name="hidden")(layers.Flatten(name="flatten")(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax", name="output")(x), name="residual")


def mobilenet(input_shape, classes):
    """MobileNetV2 with a dense layer of one's own on top; every layer is trained."""
    base = keras.applications.MobileNetV2(input_shape, alpha=0.35, weights=None, include_top=False, pooling="avg")
    x = layers.Dense(64, activation="relu", name="hidden")(base.output)
    return keras.Model(base.input, layers.Dense(classes, activation="softmax", name="output")(x), name="mobilenet")


def frozen_mobilenet(input_shape, classes):
    """The same with a frozen base, of which only the head is trained."""
    base = keras.applications.MobileNetV2(input_shape, alpha=0.35, weights=None, include_top=False)
    base.trainable = False
    image = keras.Input(input_shape, name="image")
    x = layers.GlobalAveragePooling2D(name="pooled")(base(image))
    x = layers.Dense(64, activation="relu", name="hidden")(x)
    return keras.Model(image, layers.Dense(classes, activation="softmax", name="output")(x), name="frozen")
