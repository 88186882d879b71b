"""The optimizer of a study: a word with settings, or a Keras optimizer, as a plan has it.

Requirements: a Keras optimizer trains as Keras would train with it, or is refused by the name of what cannot be
represented; nothing of it is left out silently; Keras is not imported, since who has such an object has done so.
"""

import json
import math
import numbers
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from regimen.engine.keras_schedules import KERAS_SCHEDULES
from regimen.engine.schedules import learning_rate
from regimen.errors import OptionError, nearest
from regimen.plan import Optimizer, Plan, Schedule

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
_OF = {"momentum": ("rmsprop", "sgd"), "nesterov": ("sgd",)}
"""The settings of a study that not every optimizer has."""
_RATE, _WEIGHT_DECAY = 1e-3, 0.004  # the latter as Keras' AdamW

_CLASSES = {
    "Adam": ("beta_1", "beta_2", "epsilon"),
    "AdamW": ("beta_1", "beta_2", "epsilon"),
    "RMSprop": ("rho", "momentum", "epsilon", "centered"),
    "SGD": ("momentum", "nesterov"),
}
"""Keras' classes that can be represented, with the settings of their own."""
_LEFT_OUT = {"learning_rate": None, "momentum": 0.0, "nesterov": False, "weight_decay": None}
"""What a study says of these beside a Keras optimizer, which has its own."""
_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
_WITHOUT_EFFECT = ("name", "ema_momentum")  # the latter alone does nothing
_NO_RATE = (
    "The learning rate must be a number above 0, or one of keras.optimizers.schedules: "
    f"{', '.join(KERAS_SCHEDULES)}; received {{received}}."
)
_INSTEAD = {"use_ema": " Average weights by the remedy ema instead."}

_FRACTION = (lambda value: 0 <= value < 1, "a number, at least 0 and below 1")
_POSITIVE = (lambda value: 0 < value < math.inf, "a number above 0")
_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "learning_rate": _POSITIVE,
    "weight_decay": (lambda value: 0 <= value < math.inf, "a number, at least 0"),
    "epsilon": _POSITIVE,
    **dict.fromkeys(("momentum", "beta_1", "beta_2", "rho"), _FRACTION),
}


def read_optimizer(study: Any) -> tuple[Optimizer, Schedule | None]:
    """The optimizer that a study asks for, and the schedule of its learning rate.

    Args:
        study: the `regimen.study.study.Study`, for its optimizer, learning_rate, momentum, nesterov and weight_decay.

    Returns:
        The optimizer, whose learning rate is 1 where there is a schedule: it says the rates themselves.

    Raises:
        OptionError: there is no such optimizer, a setting is out of range or another optimizer's, or Keras' optimizer
            does what cannot be represented.
    """
    named = isinstance(study.optimizer, str)
    settings = _settings_by_word(study) if named else _settings_of_object(study.optimizer, study)
    schedule = _schedule(settings["learning_rate"])
    if schedule is not None:
        settings["learning_rate"] = 1.0
    for name, (fits, expected) in _RANGES.items():
        if name in settings:
            settings[name] = _number(name, settings[name], fits, expected)
    for name in ("nesterov", "centered"):
        if not isinstance(settings.get(name, False), bool):
            raise OptionError(f"{name} must be True or False; received {settings[name]!r}.")
    return Optimizer(**settings), schedule


def require_rates(plan: Plan, steps: int) -> None:
    """Refuses a schedule that says no learning rates.

    Args:
        plan: with its schedule.
        steps: of the whole training.

    Raises:
        OptionError: a rate cannot be computed or is below 0, or all are 0.
    """
    try:
        rates = [learning_rate(plan, step, steps, ()) for step in range(steps)]
    except (ArithmeticError, TypeError, ValueError) as error:
        raise OptionError(f"The learning rate of {plan.schedule.kind} cannot be computed: {error}.") from error
    wrong = [rate for rate in rates if isinstance(rate, complex) or not 0 <= rate < math.inf]
    if wrong or not any(rates):
        raise OptionError(
            f"The learning rate of {plan.schedule.kind} must be at least 0 in each of the {steps:,} steps, and not 0 "
            f"in all; received {(wrong or rates)[0]!r}."
        )


def _number(name: str, value: Any, fits: Callable[[float], bool], expected: str) -> float:
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not fits(value):
        raise OptionError(f"{name} must be {expected}; received {value!r}.")
    return float(value)  # NumPy's numbers are no JSON


def _settings_by_word(study: Any) -> dict[str, Any]:
    name = study.optimizer
    if name not in OPTIMIZERS:
        raise OptionError(f"There is no optimizer {name!r}. {nearest(name, OPTIMIZERS)}")
    for setting, owners in _OF.items():
        if getattr(study, setting) and name not in owners:
            raise OptionError(f"{setting} belongs to {' and '.join(owners)}; the optimizer is {name}.")
    rate, decay = study.learning_rate, study.weight_decay
    return {
        "name": "adam" if name == "adamw" else name,
        "learning_rate": _RATE if rate is None else rate,
        "momentum": study.momentum,
        "nesterov": study.nesterov,
        "weight_decay": (_WEIGHT_DECAY if name == "adamw" else 0.0) if decay is None else decay,
    }


def _settings_of_object(optimizer: Any, study: Any) -> dict[str, Any]:
    """The settings of a Keras optimizer.

    Raises:
        OptionError: it is none, is of another class, or does what cannot be represented.
    """
    kind = type(optimizer)
    if kind.__name__ not in _CLASSES or kind.__module__.split(".")[0] != "keras":
        raise OptionError(
            f"The optimizer must be one of {', '.join(OPTIMIZERS)}, or an Adam, AdamW, RMSprop or SGD of "
            f"keras.optimizers; received {kind.__module__}.{kind.__qualname__}."
        )
    twice = [name for name, default in _LEFT_OUT.items() if getattr(study, name) != default]
    if twice:
        raise OptionError(f"The optimizer {kind.__name__} has a {twice[0]} of its own. Leave {twice[0]} out.")
    config = _config(optimizer)
    own = _CLASSES[kind.__name__]
    known = ("learning_rate", "weight_decay", *own, *_CLIPPING, *_WITHOUT_EFFECT)
    for name, value in config.items():
        if name not in known and value:  # such as amsgrad=True; None and False do nothing
            raise OptionError(
                f"The optimizer {kind.__name__} has {name}={value!r}, which regimen does not compute. Leave it out."
                f"{_INSTEAD.get(name, '')}"
            )
    return {
        "name": "adam" if kind.__name__ == "AdamW" else kind.__name__.lower(),
        **{name: config[name] for name in own},
        "learning_rate": rate if isinstance(rate := config["learning_rate"], dict) else _shortest(rate),
        "weight_decay": config["weight_decay"] or 0.0,
        "undecayed": _undecayed(optimizer) if config["weight_decay"] else (),
        **{name: float(config[name]) for name in _CLIPPING if config[name] and config[name] > 0},  # as Keras asks
    }


def _config(optimizer: Any) -> dict[str, Any]:
    """A Keras optimizer's settings; a learning rate that is no number comes as Keras serializes it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of a function in the place of a number
            return optimizer.get_config()
    except NotImplementedError as error:  # a schedule of the user's own that says nothing of itself
        raise OptionError(_NO_RATE.format(received="a schedule without get_config")) from error


def _schedule(rate: Any) -> Schedule | None:
    """A Keras schedule, or what Keras serializes one to, as the plan's; None for a number.

    Raises:
        OptionError: it is something else.
    """
    if isinstance(rate, numbers.Real):
        return None
    if isinstance(rate, dict):
        module, name, config = str(rate.get("module")), rate.get("class_name"), rate.get("config")
    else:
        module, name, config = type(rate).__module__, type(rate).__name__, None
    if name not in KERAS_SCHEDULES or module.split(".")[0] != "keras":
        received = repr(rate) if isinstance(rate, str) else f"{module}.{name}"
        raise OptionError(_NO_RATE.format(received=received))
    config = rate.get_config() if config is None else config
    return Schedule(name, json.loads(json.dumps({key: config[key] for key in config if key != "name"}, default=float)))


def _shortest(number: float) -> float:
    """The decimal that the user wrote: Keras holds learning rates in float32, so 0.001 comes back as 0.00100000005."""
    return float(str(np.float32(number)))


def _undecayed(optimizer: Any) -> tuple[str, ...]:
    """What ``exclude_from_weight_decay`` was told, which an optimizer does not say in its config.

    Raises:
        OptionError: it excludes variables rather than names, or by a pattern.
    """
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    words = tuple(sorted(pattern.pattern.split("|"))) if pattern else ()
    if getattr(optimizer, "_exclude_from_weight_decay", None) or not all(re.fullmatch(r"[\w/-]+", w) for w in words):
        raise OptionError(
            "Some variables of a model are excluded from the optimizer's weight decay; a study builds models of its "
            "own, where only names are found again. Write for example "
            'exclude_from_weight_decay(var_names=["bias"]), in plain words.'
        )
    return words
