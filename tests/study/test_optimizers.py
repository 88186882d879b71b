"""What a study can say of its optimizer, and what the plan makes of it."""

import numpy as np
import pytest

import regimen as rg
from regimen.errors import OptionError
from regimen.plan import Optimizer
from regimen.study.optimizers import read_optimizer


def optimizer(**settings):
    return read_optimizer(rg.Study("digits", **settings))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Optimizer()),
        ({"optimizer": "adamw"}, Optimizer(weight_decay=0.004)),
        ({"optimizer": "adamw", "weight_decay": 0.1}, Optimizer(weight_decay=0.1)),
        ({"optimizer": "adamw", "weight_decay": 0}, Optimizer()),
        (
            {"optimizer": "sgd", "weight_decay": 0.1, "nesterov": True},
            Optimizer("sgd", nesterov=True, weight_decay=0.1),
        ),
        ({"optimizer": "rmsprop", "momentum": np.float32(0.5)}, Optimizer("rmsprop", momentum=0.5)),
    ],
)
def test_words_are_kerass_optimizers(settings, expected):
    assert optimizer(**settings) == expected
    assert all(type(value) is not np.float32 for value in vars(optimizer(**settings)).values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adm"}, "Did you mean 'adam'"),
        ({"learning_rate": "fast"}, "learning_rate must be a number above 0; received 'fast'"),
        ({"momentum": 0.9}, "momentum belongs to rmsprop and sgd; the optimizer is adam"),
        ({"optimizer": "rmsprop", "nesterov": True}, "nesterov belongs to sgd; the optimizer is rmsprop"),
        ({"optimizer": "sgd", "nesterov": 1}, "nesterov must be True or False; received 1"),
        ({"optimizer": "sgd", "momentum": 1.0}, "momentum must be a number, at least 0 and below 1; received 1.0"),
        ({"weight_decay": -0.1}, "weight_decay must be a number, at least 0; received -0.1"),
        ({"weight_decay": True}, "weight_decay must be a number, at least 0; received True"),
    ],
)
def test_nonsense(settings, message):
    with pytest.raises(OptionError, match=message):
        rg.Study("digits", **settings)


def test_a_report_names_what_differs_from_the_word(make_study, executor):
    study = make_study(arms=[], optimizer="adamw", weight_decay=0.01, epochs=1, seeds=1)
    assert dict(study.run(executor=executor).details.setup)["optimizer"] == (
        "adamw, learning rate 0.001, weight decay 0.01"
    )
