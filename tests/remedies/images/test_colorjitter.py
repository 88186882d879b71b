import pytest

from regimen.errors import RemedyError
from regimen.plan import Transform
from regimen.remedies import ColorJitter


def test_colorjitter(plan_for):
    changed, receipt = ColorJitter(0.3).apply(plan_for(8, 8, 3))
    assert changed.transforms == (Transform("colorjitter", {"amount": 0.3}),)
    assert receipt.changes == ("training images: brightness, contrast and saturation times 0.7–1.3 each",)


def test_grey_images_have_no_saturation(plan_for):
    _, receipt = ColorJitter(1).apply(plan_for(8, 8, 1))
    assert receipt.changes == ("training images: brightness and contrast times 0–2 each",)


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"colorjitter: the colours of the images already vary. Name it once"):
        (ColorJitter() + ColorJitter(0.1)).apply(plan)


def test_out_of_range():
    with pytest.raises(RemedyError, match=r"amount must be a number, at least 0 and at most 1; received 1.5"):
        ColorJitter(1.5)
