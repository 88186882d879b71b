"""Keras' learning rate schedules, computed in plain Python: Keras' own take some milliseconds per step.

Each takes the step, 0 … (of the whole training; what else a schedule is told is not used), and the settings of the
class of its name in ``keras.optimizers.schedules``. It returns the learning rate itself, so the plan's rate is 1.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any


def exponential_decay(
    step: int, *_: Any, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool
) -> float:
    """``initial_learning_rate`` times ``decay_rate`` for every ``decay_steps``, steadily or in stairs."""
    passed = step / decay_steps
    return initial_learning_rate * decay_rate ** (math.floor(passed) if staircase else passed)


def inverse_time_decay(
    step: int, *_: Any, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool
) -> float:
    """``initial_learning_rate`` over 1 + ``decay_rate`` for every ``decay_steps``, steadily or in stairs."""
    passed = step / decay_steps
    return initial_learning_rate / (1 + decay_rate * (math.floor(passed) if staircase else passed))


def piecewise_constant_decay(step: int, *_: Any, boundaries: Sequence[float], values: Sequence[float]) -> float:
    """The value of the stretch that the step is in; a boundary belongs to the stretch before it."""
    return values[bisect_left(boundaries, step)]


def polynomial_decay(
    step: int,
    *_: Any,
    initial_learning_rate: float,
    decay_steps: int,
    end_learning_rate: float,
    power: float,
    cycle: bool,
) -> float:
    """Falls as a power of the share of ``decay_steps`` that is left; a cycle makes these more when they are over."""
    length = decay_steps * max(1, math.ceil(step / decay_steps)) if cycle else decay_steps
    left = 1 - min(step, length) / length
    return (initial_learning_rate - end_learning_rate) * left**power + end_learning_rate


def cosine_decay(
    step: int,
    *_: Any,
    initial_learning_rate: float,
    decay_steps: int,
    alpha: float,
    warmup_target: float | None,
    warmup_steps: int,
) -> float:
    """Falls along half a cosine, after a linear rise where there is a ``warmup_target``.

    Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR, without restarts.
    """
    if warmup_target is None:
        return initial_learning_rate * _cosine(min(step, decay_steps) / decay_steps, 1.0, alpha)
    if step < warmup_steps:
        return initial_learning_rate + (warmup_target - initial_learning_rate) * step / warmup_steps
    return warmup_target * _cosine(min(step - warmup_steps, decay_steps) / decay_steps, 1.0, alpha)


def cosine_decay_restarts(
    step: int,
    *_: Any,
    initial_learning_rate: float,
    first_decay_steps: int,
    t_mul: float,
    m_mul: float,
    alpha: float,
) -> float:
    """Falls along half a cosine again and again, each ``t_mul`` times as long and ``m_mul`` times as high.

    Keras finds the restarts by a logarithm in float32, which for some ``t_mul`` puts one a step late.

    Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR.

    Raises:
        ValueError: ``t_mul`` is below 1, so that the periods would come to an end.
    """
    if t_mul < 1:
        raise ValueError(f"t_mul must be at least 1; received {t_mul}.")
    restarts, begun, length = 0, 0.0, float(first_decay_steps)
    if t_mul == 1:
        restarts = step // first_decay_steps
        begun = restarts * length
    while step >= begun + length:
        restarts, begun, length = restarts + 1, begun + length, length * t_mul
    return initial_learning_rate * _cosine((step - begun) / length, m_mul**restarts, alpha)


def _cosine(passed: float, height: float, alpha: float) -> float:
    """From the height to alpha while ``passed`` goes from 0 to 1."""
    return (1 - alpha) * 0.5 * height * (1 + math.cos(math.pi * passed)) + alpha


KERAS_SCHEDULES: dict[str, Callable[..., float]] = {
    "CosineDecay": cosine_decay,
    "CosineDecayRestarts": cosine_decay_restarts,
    "ExponentialDecay": exponential_decay,
    "InverseTimeDecay": inverse_time_decay,
    "PiecewiseConstantDecay": piecewise_constant_decay,
    "PolynomialDecay": polynomial_decay,
}
"""Name of Keras' class → what computes its rate."""
