import pytest

from regimen.errors import RemedyError
from regimen.plan import Transform
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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flip(1.1), "flip: probability must be a number, at least 0 and at most 1; received 1.1"),
        (lambda: Flip(direction="up"), "flip: direction must be horizontal or vertical; received 'up'"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
