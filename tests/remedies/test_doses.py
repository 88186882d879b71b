import numpy as np
import pytest

import regimen as rg
from regimen.errors import RemedyError
from regimen.remedies import Combination, parse_arms
from regimen.remedies.doses import doses


def test_one_arm_per_value_named_as_on_the_command_line():
    found = doses(rg.Dropout, rate=[0.1, 0.3], where="head")
    assert found == {
        "dropout=0.1,where=head": rg.Dropout(0.1, where="head"),
        "dropout=0.3,where=head": rg.Dropout(0.3, where="head"),
    }
    for name, remedy in found.items():
        assert parse_arms(name) == {name: remedy}
    assert rg.doses is doses


def test_any_parameter_can_be_varied_and_numpys_numbers_are_taken():
    assert list(doses(rg.BatchNorm, momentum=np.array([0.9, 0.99]))) == ["batchnorm,momentum=0.9", "batchnorm"]
    assert doses(rg.EarlyStopping, patience=np.arange(2, 4)) == {
        "earlystop=2": rg.EarlyStopping(2),
        "earlystop=3": rg.EarlyStopping(3),
    }


@pytest.mark.parametrize(
    ("remedy", "parameters", "message"),
    [
        (rg.Dropout, {"rat": [0.1]}, "dropout has no parameter 'rat'. Did you mean 'rate'"),
        (rg.Dropout, {}, r"as in doses\(Dropout, rate=\[…\]\); received 0 lists\."),
        (rg.Dropout, {"rate": 0.3, "where": "head"}, "exactly one parameter must be a list"),
        (rg.Dropout, {"rate": [0.1], "where": ["head"]}, "received 2 lists: rate, where"),
        (rg.Dropout, {"rate": [0.1, 0.1]}, "rate must be different values"),
        (rg.Dropout, {"rate": []}, "rate must be different values, at least one"),
        (rg.Dropout, {"rate": [0.1, 1.5]}, "rate must be a number, at least 0 and below 1; received 1.5"),
        (rg.Dropout(0.1), {"rate": [0.1]}, "takes the class of one remedy"),
        (Combination, {"remedies": [0.1]}, "takes the class of one remedy"),
        ("dropout", {"rate": [0.1]}, "received 'dropout'"),
    ],
)
def test_nonsense_is_refused(remedy, parameters, message):
    with pytest.raises(RemedyError, match=message):
        doses(remedy, **parameters)
