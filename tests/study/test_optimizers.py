"""What a study can say of its optimizer, and what the plan makes of it."""

import json

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

import regimen as rg
from regimen.errors import OptionError, RemedyError
from regimen.plan import Optimizer, Schedule
from regimen.study.description import describe
from regimen.study.optimizers import read_optimizer
from regimen.study.planning import plan_trial


def optimizer(**settings):
    made, schedule = read_optimizer(rg.Study("digits", **settings))
    assert schedule is None
    return made


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
        ({"learning_rate": "fast"}, "learning rate must be a number above 0, or one of keras.* received 'fast'"),
        ({"learning_rate": -0.1}, "learning_rate must be a number above 0; received -0.1"),
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


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (keras.optimizers.Adam(), Optimizer()),
        (keras.optimizers.Adam(1e-4, 0.8, 0.99, 1e-5), Optimizer("adam", 1e-4, beta_1=0.8, beta_2=0.99, epsilon=1e-5)),
        (keras.optimizers.AdamW(clipnorm=2), Optimizer(weight_decay=0.004, clipnorm=2.0)),
        (keras.optimizers.AdamW(weight_decay=0.0, clipvalue=0), Optimizer()),
        (keras.optimizers.SGD(0.3, 0.9, nesterov=True), Optimizer("sgd", 0.3, 0.9, nesterov=True)),
        (keras.optimizers.SGD(clipvalue=0.5), Optimizer("sgd", 0.01, clipvalue=0.5)),
        (
            keras.optimizers.RMSprop(1e-5, 0.8, 0.1, 1e-3, True, weight_decay=0.2, global_clipnorm=1.5),
            Optimizer(
                *("rmsprop", 1e-5, 0.1),
                **{"rho": 0.8, "epsilon": 1e-3, "centered": True, "weight_decay": 0.2, "global_clipnorm": 1.5},
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_kerass_optimizers_are_read(theirs, expected):
    assert optimizer(optimizer=theirs) == expected


def test_names_excluded_from_decay():
    theirs = keras.optimizers.AdamW()
    theirs.exclude_from_weight_decay(var_names=["gamma", "bias", "beta"])
    assert optimizer(optimizer=theirs) == Optimizer(weight_decay=0.004, undecayed=("beta", "bias", "gamma"))


class MyAdam(keras.optimizers.Adam):
    pass


class MySchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1


class MyDecay(keras.optimizers.schedules.ExponentialDecay):
    pass


DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, np.int64(5), np.float32(0.5), staircase=True)


@pytest.mark.parametrize("settings", [{"learning_rate": DECAY}, {"optimizer": keras.optimizers.Adam(DECAY)}])
def test_kerass_schedules_are_read(settings):
    made, schedule = read_optimizer(rg.Study("digits", **settings))
    assert made == Optimizer(learning_rate=1.0)
    expected = {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, "staircase": True}
    assert schedule == Schedule("ExponentialDecay", expected)
    assert json.loads(json.dumps(schedule.settings)) == expected


@pytest.mark.parametrize(
    ("decay", "message"),
    [
        (schedules.ExponentialDecay(-0.1, 5, 0.5), "ExponentialDecay must be at least 0 in each .* received -0.1"),
        (schedules.ExponentialDecay(0.1, 5, -0.5), "must be at least 0 in each of the 12 steps"),
        (schedules.ExponentialDecay(0.0, 5, 0.5), "and not 0 in all; received 0.0"),
        (schedules.InverseTimeDecay(0.1, 5, -1.0), "InverseTimeDecay cannot be computed: .*division by zero"),
        (schedules.CosineDecayRestarts(0.1, 5, t_mul=0.5), "cannot be computed: t_mul must be at least 1"),
    ],
)
def test_schedules_without_rates_are_refused_before_training(make_study, decay, message):
    with pytest.raises(OptionError, match=message):
        plan_trial(make_study(learning_rate=decay))


def test_a_remedy_that_sets_the_rate_is_refused_beside_a_schedule(make_study):
    for word in ("cosine", "onecycle", "plateau"):
        with pytest.raises(RemedyError, match=f"{word}: the learning rate already follows a schedule \\(Exponential"):
            plan_trial(make_study(learning_rate=DECAY, arms=[word]))


def excluding(**settings):
    theirs = keras.optimizers.AdamW()
    theirs.exclude_from_weight_decay(**settings)
    return theirs


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": 3}, "must be one of adam, adamw, rmsprop, sgd, or an Adam, .* received builtins.int"),
        ({"optimizer": keras.optimizers.Lion()}, "received keras.*Lion"),
        ({"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())}, "received keras.*LossScale"),
        ({"optimizer": MyAdam()}, r"received .*test_optimizers\.MyAdam"),
        ({"optimizer": keras.optimizers.Adam}, r"received builtins\.type"),
        ({"optimizer": keras.optimizers.Adam(amsgrad=True)}, "Adam has amsgrad=True, which regimen does not compute"),
        ({"optimizer": keras.optimizers.SGD(use_ema=True)}, "use_ema=True.*Average weights by the remedy ema instead"),
        ({"optimizer": keras.optimizers.SGD(loss_scale_factor=8.0)}, "has loss_scale_factor=8.0"),
        ({"optimizer": keras.optimizers.SGD(gradient_accumulation_steps=4)}, "has gradient_accumulation_steps=4"),
        ({"optimizer": keras.optimizers.SGD(momentum=1.0)}, "momentum must be a number, at least 0 and below 1"),
        ({"optimizer": keras.optimizers.SGD(0.0)}, "learning_rate must be a number above 0; received 0.0"),
        ({"optimizer": keras.optimizers.SGD(MySchedule())}, "learning rate must be .* received a schedule without get"),
        ({"optimizer": keras.optimizers.SGD(MyDecay(0.1, 5, 0.9))}, r"learning rate must be .*\.MyDecay"),
        ({"optimizer": keras.optimizers.SGD(lambda: 0.1)}, "learning rate must be .* received .*__lambda__"),
        ({"learning_rate": MySchedule()}, r"one of keras\.optimizers\.schedules: CosineDecay, .*\.MySchedule"),
        ({"learning_rate": MyDecay(0.1, 5, 0.9)}, r"received .*\.MyDecay"),
        ({"optimizer": keras.optimizers.SGD(), "learning_rate": DECAY}, "SGD has a learning_rate of its own"),
        ({"optimizer": keras.optimizers.SGD(), "learning_rate": 0.0}, "SGD has a learning_rate of its own"),
        ({"optimizer": keras.optimizers.SGD(), "momentum": 0.1}, "SGD has a momentum of its own. Leave momentum out"),
        ({"optimizer": excluding(var_list=[keras.Variable(0.0)])}, "Some variables .* only names are found again"),
        ({"optimizer": excluding(var_names=["^bias$"])}, "in plain words"),
    ],
)
def test_what_cannot_be_represented_is_refused_by_name(settings, message):
    with pytest.raises(OptionError, match=message):
        rg.Study("digits", **settings)


def test_a_keras_optimizer_and_its_words_are_the_same_study(make_study):
    trials = [plan_trial(make_study(**one)) for one in ({}, {"optimizer": keras.optimizers.Adam(1e-3)})]
    assert trials[0].identity() == trials[1].identity()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"optimizer": "adamw", "weight_decay": 0.01}, "adamw, learning rate 0.001, weight decay 0.01"),
        (
            {"optimizer": keras.optimizers.RMSprop(0.01, 0.8, 0.5, centered=True, clipnorm=1.0)},
            "rmsprop, learning rate 0.01, momentum 0.5, clipnorm 1, rho 0.8, centered",
        ),
        (
            {"optimizer": keras.optimizers.AdamW(DECAY)},
            "adamw, learning rate 0.1 to 0.05 by ExponentialDecay (6 steps), weight decay 0.004",
        ),
        (
            {"optimizer": excluding(var_names=["bias"])},
            "adamw, learning rate 0.001, weight decay 0.004, not of bias",
        ),
    ],
)
def test_a_report_says_all_of_the_optimizer(make_study, settings, expected):
    study = make_study(arms=[], epochs=2, **settings)
    setup = describe(study, plan_trial(study), "name", 1, {"baseline": {0: "key"}})["setup"]
    assert dict(setup)["optimizer"] == expected
