import pytest

from regimen.errors import RemedyError
from regimen.plan import Scaling, Transform
from regimen.remedies import RandAugment, parse_arms


def test_randaugment(plan_for):
    scaling = Scaling("standard", (99.0,), (50.0,))
    changed, receipt = RandAugment(4.5, operations=3).apply(plan_for(8, 8, 1, scaling=scaling))
    settings = {"magnitude": 4.5, "operations": 3, "color": [99.0]}
    assert changed.transforms == (Transform("randaugment", settings),)
    assert receipt.changes == ("training images: 3 operations of 14, magnitude 4.5 of 10",)
    changed, receipt = RandAugment(5, operations=1).apply(plan_for(8, 8, 1))
    assert changed.transforms[0].settings["color"] == [127.5]
    assert receipt.changes == ("training images: 1 operation of 14, magnitude 5 of 10",)


def test_as_it_is_written():
    assert parse_arms("randaugment=7,operations=3") == {"randaugment=7,operations=3": RandAugment(7, 3)}


def test_without_magnitude_nothing_changes_whatever_the_number_of_operations(plan):
    assert RandAugment(0, operations=3).apply(plan)[0] == plan


def test_twice(plan):
    with pytest.raises(
        RemedyError, match=r"randaugment: the images already go through random operations. Name it once"
    ):
        (RandAugment() + RandAugment(1)).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandAugment(11), "randaugment: magnitude must be a number, at least 0 and at most 10; received 11"),
        (lambda: RandAugment(operations=0), "randaugment: operations must be a whole number, at least 1; received 0"),
        (lambda: RandAugment(operations=1.5), "operations must be a whole number, at least 1; received 1.5"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
