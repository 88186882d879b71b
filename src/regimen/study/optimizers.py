"""The optimizer of a study: what the user names, as a plan has it."""

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

from regimen.errors import OptionError, nearest
from regimen.plan import Optimizer

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
_OF = {"momentum": ("rmsprop", "sgd"), "nesterov": ("sgd",)}
"""The settings that not every optimizer has."""
_WEIGHT_DECAY = 0.004  # of Keras' AdamW

_FRACTION: tuple[Callable[[float], bool], str] = (lambda value: 0 <= value < 1, "a number, at least 0 and below 1")
_POSITIVE: tuple[Callable[[float], bool], str] = (lambda value: 0 < value < math.inf, "a number above 0")
_RANGES = {
    "learning_rate": _POSITIVE,
    "momentum": _FRACTION,
    "weight_decay": (lambda value: 0 <= value < math.inf, "a number, at least 0"),
}


def read_optimizer(study: Any) -> Optimizer:
    """The optimizer that a study asks for.

    Args:
        study: the `regimen.study.study.Study`, for its optimizer, learning_rate, momentum, nesterov and weight_decay.

    Raises:
        OptionError: there is no such optimizer, or a setting is out of range or another optimizer's.
    """
    return _made(_named(study))


def _named(study: Any) -> dict[str, Any]:
    """The settings of an optimizer that is named by a word."""
    name = study.optimizer
    if name not in OPTIMIZERS:
        raise OptionError(f"There is no optimizer {name!r}. {nearest(str(name), OPTIMIZERS)}")
    settings = {"learning_rate": study.learning_rate, "momentum": study.momentum, "nesterov": study.nesterov}
    for setting, owners in _OF.items():
        if settings[setting] and name not in owners:
            raise OptionError(f"{setting} belongs to {' and '.join(owners)}; the optimizer is {name}.")
    decay = (_WEIGHT_DECAY if name == "adamw" else 0.0) if study.weight_decay is None else study.weight_decay
    return {**settings, "name": "adam" if name == "adamw" else name, "weight_decay": decay}


def _made(settings: Mapping[str, Any]) -> Optimizer:
    """The optimizer of some settings, in plain numbers.

    Raises:
        OptionError: one is out of range.
    """
    made = dict(settings)
    for name, (fits, expected) in _RANGES.items():
        value = settings[name]
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not fits(value):
            raise OptionError(f"{name} must be {expected}; received {value!r}.")
        made[name] = float(value)  # NumPy's numbers are no JSON
    if not isinstance(settings["nesterov"], bool):
        raise OptionError(f"nesterov must be True or False; received {settings['nesterov']!r}.")
    return Optimizer(**made)
