from dataclasses import replace

import pytest

from regimen.errors import RemedyError
from regimen.plan import Stopping
from regimen.remedies import EarlyStopping


def test_sets_the_stopping_rule_and_nothing_else(plan):
    changed, receipt = EarlyStopping(3, min_delta=0.01, restore_best=False).apply(plan)
    assert changed == replace(plan, stopping=Stopping(3, 0.01, False))
    assert receipt.changes == ("training: stops after 3 epochs without a lower clean_val_loss, keeps the last weights",)


def test_twice(plan):
    with pytest.raises(RemedyError, match=r"the plan already stops early. Name it once"):
        (EarlyStopping() + EarlyStopping(3)).apply(plan)


@pytest.mark.parametrize("patience", [30, 31])
def test_patience_that_outlasts_the_training(plan, patience):
    with pytest.raises(RemedyError, match=f"patience of {patience} epochs training cannot stop before its 30 epochs"):
        EarlyStopping(patience).apply(plan)
    assert EarlyStopping(29).apply(plan)[0].stopping.patience == 29


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be a whole number of epochs, at least 1; received 0"),
        ({"patience": 2.5}, "patience must be a whole number of epochs, at least 1; received 2.5"),
        ({"patience": True}, "patience must be a whole number"),
        ({"min_delta": -1}, "min_delta must be a number, at least 0; received -1"),
        ({"restore_best": 1}, "restore_best must be true or false; received 1"),
    ],
)
def test_out_of_range(settings, message):
    with pytest.raises(RemedyError, match=f"earlystop: {message}"):
        EarlyStopping(**settings)
