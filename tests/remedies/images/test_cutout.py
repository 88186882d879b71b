import pytest

from regimen.errors import RemedyError
from regimen.plan import Scaling, Transform
from regimen.remedies import Cutout


def test_the_mean_colour_covers_where_images_are_standardized(plan_for):
    scaling = Scaling("standard", (120.5, 110.0, 100.0), (60.0, 61.0, 62.0))
    changed, receipt = Cutout(0.5).apply(plan_for(32, 20, 3, scaling=scaling))
    settings = {"rows": 16, "columns": 10, "color": [120.5, 110.0, 100.0]}
    assert changed.transforms == (Transform("cutout", settings),)
    assert receipt.changes == ("training images: 16 × 10 px covered with their mean colour",)


@pytest.mark.parametrize("scaling", [Scaling(), Scaling("unit", (0.0,), (255.0,))])
def test_grey_covers_elsewhere(plan_for, scaling):
    changed, receipt = Cutout(0.25).apply(plan_for(8, 8, 3, scaling=scaling))
    assert changed.transforms == (Transform("cutout", {"rows": 2, "columns": 2, "color": [127.5]}),)
    assert receipt.changes == ("training images: 2 × 2 px covered with grey",)


def test_no_place(plan_for):
    with pytest.raises(RemedyError, match=r"cutout: 0.05 of 8×8 pixels is less than half a pixel.*Use at least 0.12"):
        Cutout(0.05).apply(plan_for(8, 8, 1))
    with pytest.raises(RemedyError, match="cutout: the model takes images of any size"):
        Cutout().apply(plan_for(None, None, 1))


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"cutout: the images are already covered in part. Name it once"):
        (Cutout() + Cutout(0.2)).apply(plan)


def test_out_of_range():
    with pytest.raises(RemedyError, match="cutout: side must be a number, at least 0 and at most 1; received 2"):
        Cutout(2)
