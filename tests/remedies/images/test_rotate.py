import pytest

from regimen.errors import RemedyError
from regimen.plan import Transform
from regimen.remedies import Rotate, parse_arms


def test_rotate(plan):
    changed, receipt = Rotate(7.5, fill="reflect").apply(plan)
    assert changed.transforms == (Transform("rotate", {"degrees": 7.5, "fill": "reflect"}),)
    assert receipt.changes == ("training images: turned by up to 7.5° either way, reflect fill",)


def test_as_it_is_written():
    assert parse_arms("rotate=180,fill=black") == {"rotate=180,fill=black": Rotate(180, "black")}
    assert str(Rotate()) == "rotate=15"


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"rotate: the images are already turned. Name it once"):
        (Rotate() + Rotate(90)).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rotate(181), "rotate: degrees must be a number, at least 0 and at most 180; received 181"),
        (lambda: Rotate(-5), "rotate: degrees must be a number, at least 0 and at most 180; received -5"),
        (lambda: Rotate(fill="wrap"), "rotate: fill must be edge or reflect or black; received 'wrap'"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
