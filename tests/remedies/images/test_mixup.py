import pytest

from regimen.errors import RemedyError
from regimen.plan import Mixing
from regimen.remedies import CutMix, Flip, Mixup, parse_arms


def test_mixup(plan):
    changed, receipt = Mixup(0.4, probability=0.5).apply(plan)
    assert changed.mixing == (Mixing("mixup", 0.4, 0.5),)
    assert changed.transforms == ()
    assert receipt.changes == (
        "training images: means of two with shares from Beta(0.4, 0.4), labels likewise, in 50 % of the batches",
    )


def test_blending_comes_after_the_other_changes_of_images_in_any_order(plan):
    digests = {(one + other).apply(plan)[0].digest() for one, other in [(Mixup(), Flip()), (Flip(), Mixup())]}
    assert len(digests) == 1


def test_each_batch_draws_one_of_two(plan):
    arms = parse_arms("cutmix + mixup=0.3,probability=0.5,alternate=true")
    changed, receipt = next(iter(arms.values())).apply(plan)
    assert changed.mixing == (Mixing("cutmix", 1.0), Mixing("mixup", 0.3, 0.5))
    assert receipt.changes[1].endswith("in 50 % of the batches that draw it instead of the other")


def test_a_blend_of_blends_is_refused_even_at_strength_zero(plan):
    for alpha in (0.2, 0):
        with pytest.raises(
            RemedyError, match=r"mixup: the images are already blended by cutmix;.*mixup,alternate=true"
        ):
            (CutMix() + Mixup(alpha)).apply(plan)


def test_nothing_to_take_turns_with(plan):
    with pytest.raises(RemedyError, match=r"mixup: alternate=true lets each batch draw .* nothing does"):
        Mixup(alternate=True).apply(plan)


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"mixup: the images are already blended by mixup. Name it once"):
        (Mixup() + Mixup(0.1, alternate=True)).apply(plan)


@pytest.mark.parametrize("zero", [Mixup(0), Mixup(probability=0)])
def test_without_strength_nothing_changes(plan, zero):
    assert zero.apply(plan)[0] is plan
    alternating = CutMix() + Mixup(zero.alpha, zero.probability, alternate=True)
    assert alternating.apply(plan)[0] == CutMix().apply(plan)[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Mixup(-0.1), "mixup: alpha must be a number, at least 0; received -0.1"),
        (lambda: Mixup(float("inf")), "mixup: alpha must be a number, at least 0; received inf"),
        (lambda: Mixup(probability=2), "mixup: probability must be a number, at least 0 and at most 1; received 2"),
        (lambda: Mixup(alternate="no"), "mixup: alternate must be true or false; received 'no'"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
