"""Remedies that change the learning rate: what they write into the plan, which the engine's schedules carry out."""

from dataclasses import replace

import pytest

from regimen.errors import RemedyError
from regimen.plan import Optimizer, Schedule
from regimen.remedies import CosineDecay, EarlyStopping, OneCycle, Plateau


def test_cosine(plan):
    plan = replace(plan, optimizer=Optimizer(learning_rate=0.002))
    changed, receipt = CosineDecay(warmup=0.1, floor=0.05).apply(plan)
    assert changed.schedule == Schedule("cosine", {"warmup": 0.1, "floor": 0.05})
    assert receipt.changes == (
        "training: the learning rate falls from 0.002 to 0.0001 along half a cosine, after a linear rise over 10 % of "
        "the steps",
    )


def test_onecycle(plan):
    changed, receipt = OneCycle(3, rise=0.25).apply(plan)
    assert changed.schedule == Schedule("onecycle", {"peak": 3.0, "rise": 0.25})
    assert "rises to 0.003 over 25 % of the steps" in receipt.changes[0]


def test_plateau(plan):
    changed, receipt = Plateau(1, factor=0.1).apply(plan)
    assert changed.schedule == Schedule("plateau", {"factor": 0.1, "patience": 1})
    assert "multiplied by 0.1 after 1 epoch without" in receipt.changes[0]
    with pytest.raises(RemedyError, match="a patience of 30 epochs the learning rate cannot fall before the 30 epochs"):
        Plateau(30).apply(plan)


@pytest.mark.parametrize("patience", [2, 3])
def test_a_plateau_that_outlasts_early_stopping_is_refused_in_both_orders(plan, patience):
    for combined in (EarlyStopping(2) + Plateau(patience), Plateau(patience) + EarlyStopping(2)):
        with pytest.raises(RemedyError, match=f"stops after 2 epochs .* wait for {patience}: it never falls"):
            combined.apply(plan)
    assert (EarlyStopping(patience + 1) + Plateau(patience)).apply(plan)[0].stopping is not None


@pytest.mark.parametrize("first", [CosineDecay(), OneCycle(), Plateau()], ids=lambda remedy: remedy.word)
@pytest.mark.parametrize("second", [CosineDecay(), OneCycle(), Plateau()], ids=lambda remedy: remedy.word)
def test_there_is_one_schedule(plan, first, second):
    with pytest.raises(RemedyError, match=rf"{second.word}: .*already follows a schedule \({first.word}\)"):
        (first + second).apply(plan)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CosineDecay(warmup=1), "cosine: warmup must be a number, at least 0 and below 1; received 1"),
        (lambda: CosineDecay(floor=-0.1), "cosine: floor must be a number, at least 0 and below 1"),
        (lambda: OneCycle(0), "onecycle: peak must be above 0; received 0"),
        (lambda: OneCycle(rise=0), "onecycle: rise must be above 0; received 0"),
        (lambda: Plateau(0), "plateau: patience must be a whole number of epochs, at least 1; received 0"),
        (lambda: Plateau(factor=1), "plateau: factor must be a number, at least 0 and below 1; received 1"),
        (lambda: Plateau(factor=0), "plateau: factor must be above 0; received 0"),
    ],
)
def test_out_of_range(make, message):
    with pytest.raises(RemedyError, match=message):
        make()
