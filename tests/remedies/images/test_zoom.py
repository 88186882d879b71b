import pytest

from regimen.errors import RemedyError
from regimen.plan import Transform
from regimen.remedies import Zoom


def test_zoom(plan):
    changed, receipt = Zoom(0.15, fill="black").apply(plan)
    assert changed.transforms == (Transform("zoom", {"fraction": 0.15, "fill": "black"}),)
    assert receipt.changes == ("training images: 85–115 % of each side shown, black fill",)


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"zoom: the images are already zoomed. Name it once"):
        (Zoom() + Zoom(0.2)).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Zoom(1), "zoom: fraction must be a number, at least 0 and below 1; received 1"),
        (lambda: Zoom(fill=""), "zoom: fill must be edge or reflect or black; received ''"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
