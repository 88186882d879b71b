import pytest

from regimen.errors import RemedyError
from regimen.plan import Transform
from regimen.remedies import Shift


@pytest.mark.parametrize(
    ("shape", "fraction", "rows", "columns"),
    [((32, 32, 3), 0.125, 4, 4), ((40, 20, 1), 0.1, 4, 2), ((10, 100, 1), 0.04, 0, 4), ((8, 8, 1), 0.5, 4, 4)],
)
def test_shift_is_in_whole_pixels(shape, fraction, rows, columns, plan_for):
    changed, receipt = Shift(fraction, fill="black").apply(plan_for(*shape))
    assert changed.transforms == (Transform("shift", {"rows": rows, "columns": columns, "fill": "black"}),)
    assert f"up to {rows} px vertically and {columns} px horizontally, black fill" in receipt.changes[0]


def test_shift_by_less_than_half_a_pixel(plan_for):
    with pytest.raises(RemedyError, match=r"shift: 0.01 of 32×32 pixels is less than half a pixel.*Use at least 0.031"):
        Shift(0.01).apply(plan_for(32, 32, 3))


def test_shift_of_images_of_any_size(plan_for):
    with pytest.raises(RemedyError, match="shift: the model takes images of any size"):
        Shift().apply(plan_for(None, None, 3))


def test_shift_twice(plan):
    with pytest.raises(RemedyError, match=r"already shifted. Name it once"):
        (Shift() + Shift(0.25)).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift(0.6), "shift: fraction must be a number, at least 0 and at most 0.5; received 0.6"),
        (lambda: Shift(fill="white"), "shift: fill must be edge or reflect or black; received 'white'"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
