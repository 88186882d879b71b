"""What the end of a model means: probabilities, logits, or neither."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from regimen.errors import ModelError
from regimen.models.graph import Graph
from regimen.models.output import read_output
from regimen.models.reading import weights_of


def model(*ending):
    given = tensor = keras.Input((6, 6, 2))
    for part in ending:
        tensor = part(tensor)
    return keras.Model(given, tensor)


def flat(*ending):
    return model(layers.Flatten(), *ending)


def shared_softmax():
    return flat(layer := layers.Dense(72, activation="softmax"), layer)


SOFTMAX = keras.activations.softmax
INVERSE = {"softmax": SOFTMAX, "sigmoid": keras.activations.sigmoid, "linear": lambda x: x}


@pytest.mark.parametrize(
    ("build", "classes", "loss", "activation"),
    [
        (lambda: flat(layers.Dense(3, activation="softmax")), 3, "categorical", "softmax"),
        (lambda: flat(layers.Dense(3)), 3, "categorical", "linear"),
        (lambda: flat(layers.Dense(3), layers.Activation("softmax")), 3, "categorical", "softmax"),
        (lambda: flat(layers.Dense(3), layers.Softmax()), 3, "categorical", "softmax"),
        (lambda: flat(layers.Dense(3), ops.softmax), 3, "categorical", "softmax"),
        (lambda: flat(layers.Dense(2, activation="softmax")), 2, "categorical", "softmax"),
        (lambda: flat(layers.Dense(1, activation="sigmoid")), 2, "binary", "sigmoid"),
        (lambda: flat(layers.Dense(1), layers.Activation("sigmoid")), 2, "binary", "sigmoid"),
        (lambda: flat(layers.Dense(1), ops.sigmoid), 2, "binary", "sigmoid"),
        (lambda: flat(layers.Dense(1)), 2, "binary", "linear"),
        (lambda: flat(layers.Dense(3), lambda x: x / 2), 3, "categorical", "linear"),
        (lambda: model(layers.Conv2D(3, 3), layers.GlobalAveragePooling2D()), 3, "categorical", "linear"),
        (
            lambda: model(layers.Conv2D(3, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Softmax()),
            *(3, "categorical", "softmax"),
        ),
    ],
)
def test_accepted(build, classes, loss, activation):
    whole = build()
    read = read_output(Graph.from_keras(whole), classes)
    assert (read.loss, read.activation) == (loss, activation)
    images = np.random.default_rng(0).random((5, 6, 6, 2), dtype="float32")
    logits = read.logits.to_keras(weights_of(whole))(images)
    restored, expected = (ops.convert_to_numpy(x) for x in (INVERSE[activation](logits), whole(images)))
    np.testing.assert_allclose(restored, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("build", "classes", "message"),
    [
        (
            lambda: flat(layers.Dense(4, activation="softmax")),
            3,
            r"expected 3 units.*received shape \(4,\) with.*softmax",
        ),
        (
            lambda: flat(layers.Dense(1, activation="sigmoid")),
            3,
            r"expected 3 units, one per class, with softmax or lin",
        ),
        (lambda: flat(layers.Dense(2, activation="sigmoid")), 2, "two sigmoids are not a distribution"),
        (lambda: flat(layers.Dense(3, activation="sigmoid")), 3, "received.*activation sigmoid"),
        (lambda: flat(layers.Dense(1, activation="softmax")), 2, "or one unit with sigmoid or linear activation"),
        (lambda: flat(layers.Dense(3, activation="relu")), 3, "received.*activation relu"),
        (lambda: flat(layers.Dense(3), layers.ReLU()), 3, "received.*activation relu"),
        (lambda: flat(layers.Dense(3), ops.relu), 3, "received.*activation relu"),
        (lambda: flat(layers.Dense(3), layers.LeakyReLU()), 3, "received.*activation leakyrelu"),
        (lambda: flat(layers.Dense(3, activation=lambda_free)), 3, "received.*activation of its own"),
        (lambda: flat(layers.Dense(3, activation="softmax"), layers.Dropout(0.1)), 3, "softmax before 'dropout"),
        (
            lambda: model(layers.Conv2D(3, 3, activation="softmax"), layers.GlobalAveragePooling2D()),
            3,
            "softmax before",
        ),
        (lambda: model(layers.Conv2D(3, 3, activation="softmax")), 3, r"received shape \(4, 4, 3\)"),
        (shared_softmax, 72, "is shared: it is called 2 times. End the model with a layer of its own"),
    ],
)
def test_refused(build, classes, message):
    with pytest.raises(ModelError, match=message):
        read_output(Graph.from_keras(build()), classes)


def lambda_free(x):
    return x * 2


def test_what_a_users_own_class_does_with_an_activation_is_not_guessed():
    with pytest.raises(ModelError, match="activation of its own"):
        read_output(Graph.from_keras(flat(Head(3, activation="softmax"))), 3)


class Head(layers.Dense):
    pass
