"""Label smoothing, averaged weights, clipped gradients: what they write into the plan."""

from dataclasses import replace

import pytest

from regimen.errors import RemedyError
from regimen.plan import Optimizer
from regimen.remedies import ClipNorm, LabelSmoothing, WeightAveraging


def test_label_smoothing(plan):
    changed, receipt = LabelSmoothing(0.25).apply(plan)
    assert changed.label_smoothing == 0.25
    assert receipt.changes == ("training: 25 % of each label spread evenly over all classes",)


def test_weight_averaging(plan):
    changed, receipt = WeightAveraging(0.999).apply(plan)
    assert changed.averaging == 0.999
    assert "momentum 0.999, which looks back about 1,000 steps" in receipt.changes[0]


def test_clipping(plan):
    changed, receipt = ClipNorm(0.5).apply(plan)
    assert changed.optimizer.global_clipnorm == 0.5
    assert receipt.changes == ("training: gradients longer than 0.5 are scaled down to it",)


@pytest.mark.parametrize("clip", [{"clipnorm": 1.0}, {"clipvalue": 1.0}], ids=str)
def test_the_studys_optimizer_clips_already(plan, clip):
    with pytest.raises(RemedyError, match="clipnorm: gradients are already clipped"):
        ClipNorm().apply(replace(plan, optimizer=Optimizer(**clip)))


@pytest.mark.parametrize("remedy", [LabelSmoothing(), WeightAveraging(), ClipNorm()], ids=lambda remedy: remedy.word)
def test_twice(plan, remedy):
    with pytest.raises(RemedyError, match=f"{remedy.word}: .* already .*Name it once"):
        (remedy + remedy).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LabelSmoothing(1), "labelsmoothing: share must be a number, at least 0 and below 1; received 1"),
        (lambda: WeightAveraging(1.0), "ema: momentum must be a number, at least 0 and below 1; received 1.0"),
        (lambda: ClipNorm(0), "clipnorm: limit must be above 0; received 0"),
        (lambda: ClipNorm("1"), "clipnorm: limit must be a number, at least 0"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
