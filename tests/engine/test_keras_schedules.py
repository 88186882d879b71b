"""Keras' learning rate schedules, against Keras."""

import keras
import pytest
from keras.optimizers import schedules

from regimen.engine.keras_schedules import KERAS_SCHEDULES, cosine_decay_restarts

STEPS = (0, 1, 4, 5, 6, 9, 10, 11, 14, 20, 21, 33, 70)
THEIRS = [
    schedules.ExponentialDecay(0.1, 10, 0.9),
    schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True),
    schedules.InverseTimeDecay(0.1, 5, 0.5),
    schedules.InverseTimeDecay(0.1, 5, 0.5, staircase=True),
    schedules.PiecewiseConstantDecay([5, 20], [0.1, 0.01, 0.001]),
    schedules.PolynomialDecay(0.1, 20),
    schedules.PolynomialDecay(0.1, 20, 0.01, power=2.0),
    schedules.PolynomialDecay(0.1, 10, 0.01, power=0.5, cycle=True),
    schedules.CosineDecay(0.1, 20),
    schedules.CosineDecay(0.1, 20, alpha=0.2),
    schedules.CosineDecay(0.01, 20, 0.1, warmup_target=0.2, warmup_steps=10),
    schedules.CosineDecayRestarts(0.1, 10),
    schedules.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.5, alpha=0.1),
    schedules.CosineDecayRestarts(0.1, 5, t_mul=1.5, m_mul=0.8),
]


@pytest.mark.parametrize("theirs", THEIRS, ids=lambda schedule: type(schedule).__name__)
def test_rates_are_kerass(theirs):
    settings = {name: value for name, value in theirs.get_config().items() if name != "name"}
    for step in STEPS:
        ours = KERAS_SCHEDULES[type(theirs).__name__](step, 100, (), **settings)
        assert ours == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-8), step


def test_all_schedules_of_keras_are_known():
    known = {name for name in dir(keras.optimizers.schedules) if name[0].isupper()} - {"LearningRateSchedule"}
    assert set(KERAS_SCHEDULES) == known == {type(theirs).__name__ for theirs in THEIRS}


def test_restarts_come_where_they_should():
    """Keras, whose logarithm is rounded to float32, has the second of these a step late."""
    settings = {"initial_learning_rate": 0.1, "first_decay_steps": 6, "t_mul": 1.5, "m_mul": 1.0, "alpha": 0.0}
    rates = [cosine_decay_restarts(step, **settings) for step in range(60)]
    assert [step for step in range(60) if rates[step] > rates[step - 1]] == [0, 6, 15, 29, 49]


def test_periods_that_come_to_an_end():
    with pytest.raises(ValueError, match=r"t_mul must be at least 1; received 0\.5"):
        cosine_decay_restarts(3, initial_learning_rate=0.1, first_decay_steps=5, t_mul=0.5, m_mul=1.0, alpha=0.0)
