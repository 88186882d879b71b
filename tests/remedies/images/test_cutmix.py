import pytest

from regimen.errors import RemedyError
from regimen.plan import Mixing
from regimen.remedies import CutMix, Mixup


def test_cutmix(plan):
    changed, receipt = CutMix(probability=0.5).apply(plan)
    assert changed.mixing == (Mixing("cutmix", 1.0, 0.5),)
    assert changed.transforms == ()
    assert receipt.changes == (
        "training images: a rectangle of another pasted in, shares from Beta(1, 1), labels likewise, in 50 % of the "
        "batches",
    )


def test_each_batch_draws_one_of_two(plan):
    changed, _ = (Mixup() + CutMix(0.5, alternate=True)).apply(plan)
    assert changed.mixing == (Mixing("mixup", 0.2), Mixing("cutmix", 0.5))


def test_a_blend_of_blends_is_refused(plan):
    with pytest.raises(RemedyError, match=r"cutmix: the images are already blended by mixup;.*cutmix,alternate=true"):
        (Mixup() + CutMix()).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CutMix(-1), "cutmix: alpha must be a number, at least 0; received -1"),
        (lambda: CutMix(probability=-1), "cutmix: probability must be a number, at least 0 and at most 1; received -1"),
        (lambda: CutMix(alternate=1), "cutmix: alternate must be true or false; received 1"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
