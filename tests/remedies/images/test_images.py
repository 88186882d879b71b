"""Flip and Shift: what they add to the plan, which the engine's transforms carry out."""

import keras
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.plan import Plan, Transform
from regimen.remedies import Flip, Shift


def test_flip(plan):
    changed, receipt = Flip(0.25).apply(plan)
    assert changed.transforms == (Transform("flip", {"probability": 0.25, "direction": "horizontal"}),)
    assert receipt.changes == ("training images: left and right swapped with probability 0.25",)


def test_both_directions_compose_and_the_same_one_does_not(plan):
    both, _ = (Flip() + Flip(direction="vertical")).apply(plan)
    assert [transform.settings["direction"] for transform in both.transforms] == ["horizontal", "vertical"]
    with pytest.raises(RemedyError, match=r"already flipped \(vertical\). Name it once"):
        Flip(direction="vertical").apply(both)


def test_the_order_of_transforms_is_the_order_of_remedies(plan):
    assert [t.kind for t in (Flip() + Shift()).apply(plan)[0].transforms] == ["flip", "shift"]
    assert [t.kind for t in (Shift() + Flip()).apply(plan)[0].transforms] == ["shift", "flip"]


def network(*shape):
    model = keras.Sequential([keras.Input(shape), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    return Plan(Graph.from_keras(model))


@pytest.mark.parametrize(
    ("shape", "fraction", "rows", "columns"),
    [((32, 32, 3), 0.125, 4, 4), ((40, 20, 1), 0.1, 4, 2), ((10, 100, 1), 0.04, 0, 4), ((8, 8, 1), 0.5, 4, 4)],
)
def test_shift_is_in_whole_pixels(shape, fraction, rows, columns):
    changed, receipt = Shift(fraction, fill="black").apply(network(*shape))
    assert changed.transforms == (Transform("shift", {"rows": rows, "columns": columns, "fill": "black"}),)
    assert f"up to {rows} px vertically and {columns} px horizontally, black fill" in receipt.changes[0]


def test_shift_by_less_than_half_a_pixel():
    with pytest.raises(RemedyError, match=r"0.01 of 32×32 pixels is less than half a pixel.*Use at least 0.031"):
        Shift(0.01).apply(network(32, 32, 3))


def test_shift_of_images_of_any_size():
    with pytest.raises(RemedyError, match="takes images of any size"):
        Shift().apply(network(None, None, 3))


def test_shift_twice(plan):
    with pytest.raises(RemedyError, match=r"already shifted. Name it once"):
        (Shift() + Shift(0.25)).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flip(1.1), "flip: probability must be a number, at least 0 and at most 1; received 1.1"),
        (lambda: Flip(direction="up"), "flip: direction must be horizontal or vertical; received 'up'"),
        (lambda: Shift(0.6), "shift: fraction must be a number, at least 0 and at most 0.5; received 0.6"),
        (lambda: Shift(fill="white"), "shift: fill must be edge or reflect or black; received 'white'"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
