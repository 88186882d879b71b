"""The lines of plain Keras about images, by what they do in Keras."""

import random
from collections import Counter

import keras
import numpy as np
import pytest
import scipy.stats
import torch
from keras import layers

from regimen.engine.mixing import Mixer
from regimen.engine.transforms import TRANSFORMS
from regimen.models.graph import Graph
from regimen.plan import Plan, Scaling
from regimen.remedies import parse_arms
from regimen.study.code import keras_lines

STANDARD = Scaling("standard", (120.5, 110.25, 90.0), (60.0, 61.0, 62.0))


def plan_for(*shape, units=3, scaling=None):
    model = keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(units)])
    return Plan(Graph.from_keras(model), loss="binary" if units == 1 else "categorical", scaling=scaling or Scaling())


def changed(plan, text):
    ((_, remedy),) = parse_arms(text).items()
    return remedy.apply(plan)[0]


def outcomes(plan, text, images):
    """What the layer of the only line makes of the images, what the engine makes of them, and the line's note."""
    after = changed(plan, text)
    (line,) = keras_lines(plan, after)
    keras.utils.set_random_seed(0)
    layer = eval(line.code.removeprefix("x = ").removesuffix("(x)"), {"keras": keras})
    theirs = np.asarray(layer(images, training=True))
    (transform,) = after.transforms
    stream = torch.Generator().manual_seed(0)
    ours = TRANSFORMS[transform.kind](torch.from_numpy(images), stream, **transform.settings).numpy()
    assert line.note.startswith("new, right after the input, on pixels 0–255; ")
    return theirs, ours, line.note


def assert_said(note, exactly):
    assert f"{'exactly' if exactly else 'nearly'} what was done here" in note


@pytest.mark.parametrize(
    ("text", "exactly"),
    [
        ("flip", True),
        ("flip,direction=vertical", True),
        ("flip=0.2", False),
        ("shift=0.25", True),
        ("shift=0.25,fill=black", True),
        ("shift=0.25,fill=reflect", False),
        ("shift=0.07", True),
    ],
)
def test_layers_that_move_pixels_do_what_was_done_to_them_or_the_note_says_nearly(text, exactly):
    """Every possible result of one image is equally frequent over many draws, or one is not."""
    count, image = 6000, np.arange(1, 49, dtype=np.uint8).reshape(1, 8, 6, 1)
    theirs, ours, note = outcomes(plan_for(8, 6, 1), text, np.repeat(image, count, axis=0))
    shares = [Counter(image.tobytes() for image in found.astype(np.uint8)) for found in (theirs, ours)]
    unlike = max(abs(shares[0][kind] - shares[1][kind]) for kind in shares[0] | shares[1]) / count
    largest = max(shares[1].values()) / count
    same = unlike < 3.5 * (2 * largest / count) ** 0.5  # standard deviations of the difference of two such shares
    assert same is exactly
    assert_said(note, exactly)


@pytest.mark.filterwarnings("ignore:Tensor.T is deprecated on 0-D tensors:UserWarning")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("text", "exactly"),
    [
        ("rotate=40", True),
        ("rotate=180,fill=black", True),
        ("rotate=40,fill=reflect", False),
        ("zoom=0.4", True),
        ("zoom=0.4,fill=black", True),
        ("zoom=0.4,fill=reflect", False),
        ("colorjitter=0.4", False),
        ("cutout=0.5", False),
        ("randaugment=5", False),
    ],
)
def test_layers_that_change_values_do_what_was_done_to_them_or_the_note_says_nearly(text, exactly, channels):
    """Every pixel of one image has the same distribution over many draws, or one has not."""
    plan = plan_for(7, 6, channels, scaling=STANDARD if channels == 3 else None)
    image = np.random.default_rng(1).integers(20, 230, (1, 7, 6, channels), dtype=np.uint8)
    theirs, ours, note = outcomes(plan, text, np.repeat(image, 300, axis=0))
    pixels = [one.reshape(300, -1).round(2).T for one in (theirs, ours)]
    least = min(scipy.stats.ks_2samp(*pair, method="asymp").pvalue for pair in zip(*pixels, strict=True)) * len(
        pixels[0]
    )
    assert least > 1e-3 if exactly else least < 1e-6
    assert_said(note, exactly)


def test_the_colour_and_the_size_of_what_is_covered_are_the_arms():
    theirs, ours, _ = outcomes(plan_for(8, 8, 3, scaling=STANDARD), "cutout=0.5", np.zeros((200, 8, 8, 3), np.uint8))
    for found in (theirs, ours):
        assert set(map(tuple, found.reshape(-1, 3))) == {(0.0, 0.0, 0.0), (120.5, 110.25, 90.0)}
    assert (theirs[..., 0] > 0).sum((1, 2)).tolist() == [16] * 200
    assert (ours[..., 0] > 0).sum((1, 2)).max() == 16


def executed(line, images, labels):
    space = {"keras": keras, "random": random, "images": images, "labels": labels}
    exec(line.code, space)
    return {name: np.asarray(value) for name, value in space["batch"].items()}


def test_mixup_is_the_arms():
    """Of images that are 0 or 200, blends show the share: it has the same distribution, in images and labels."""
    plan = plan_for(2, 2, 1)
    mixing, loss = keras_lines(plan, changed(plan, "mixup=0.4"))
    assert mixing.note == "on each batch of training images and one-hot labels; exactly what was done here"
    assert loss.code == "loss = keras.losses.CategoricalCrossentropy(from_logits=True)"
    which = np.arange(3000) % 2
    images = np.broadcast_to(200 * which[:, None, None, None], (3000, 2, 2, 1)).astype(np.uint8)
    keras.utils.set_random_seed(1)
    batch = executed(mixing, images, np.eye(3, dtype=np.float32)[which])
    np.testing.assert_allclose(batch["images"][:, 0, 0, 0] / 200, batch["labels"][:, 1], atol=1e-5)
    blend, targets = Mixer(changed(plan, "mixup=0.4").mixing, 0)(torch.from_numpy(images), torch.from_numpy(which))
    shares = torch.where(targets.labels == 1, targets.share, 0) + torch.where(
        targets.partners == 1, 1 - targets.share, 0
    )
    assert scipy.stats.ks_2samp(batch["labels"][:, 1], shares.numpy()).pvalue > 0.001
    assert scipy.stats.ks_2samp(batch["images"][:, 0, 0, 0].round(3), blend[:, 0, 0, 0].numpy().round(3)).pvalue > 0.001


def test_one_column_of_labels_for_two_classes():
    plan = plan_for(4, 4, 3, units=1)
    mixing, loss = keras_lines(plan, changed(plan, "mixup=1"))
    assert mixing.note.startswith("on each batch of training images and labels, the latter as one column; exactly")
    assert loss.code == "loss = keras.losses.BinaryCrossentropy(from_logits=True)"
    batch = executed(mixing, np.zeros((6, 4, 4, 3), np.uint8), np.array([[0.0], [1.0]] * 3, np.float32))
    assert batch["labels"].shape == (6, 1)
    assert ((batch["labels"] > 0) & (batch["labels"] < 1)).any()


@pytest.mark.parametrize(
    ("text", "differences"),
    [
        ("cutmix", ["the rectangle stays within the image"]),
        ("cutmix=3,probability=0.5", ["cutmix blends all of its batches, not 50 %", "at most 1, not 3"]),
        ("flip + mixup", ["come after it, where here they come before"]),
        ("mixup + cutmix=0.5,alternate=true", ["drawn for each batch, after import random", "rectangle stays"]),
    ],
)
def test_blends_that_differ_say_how(text, differences):
    plan = plan_for(8, 8, 3)
    line = next(line for line in keras_lines(plan, changed(plan, text)) if line.code.startswith("batch = "))
    assert "nearly what was done here: " in line.note
    for difference in differences:
        assert difference in line.note
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    batch = executed(line, images, np.eye(3, dtype=np.float32)[np.arange(6) % 3])
    assert batch["images"].shape == images.shape
    np.testing.assert_allclose(batch["labels"].sum(1), 1, atol=1e-6)
    assert not np.array_equal(batch["images"], images)
