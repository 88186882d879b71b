"""The optimizer of a study: a word with settings, or a Keras optimizer, as a plan has it.

Requirements: a Keras optimizer trains as Keras would train with it, or is refused by the name of what cannot be
represented; nothing of it is left out silently; Keras is not imported, since who has such an object has done so.
"""

import math
import numbers
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from regimen.errors import OptionError, nearest
from regimen.plan import Optimizer

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
_INSTEAD = {"use_ema": " Average weights by the remedy ema instead."}

_FRACTION = (lambda value: 0 <= value < 1, "a number, at least 0 and below 1")
_POSITIVE = (lambda value: 0 < value < math.inf, "a number above 0")
_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "learning_rate": _POSITIVE,
    "weight_decay": (lambda value: 0 <= value < math.inf, "a number, at least 0"),
    "epsilon": _POSITIVE,
    **dict.fromkeys(("momentum", "beta_1", "beta_2", "rho"), _FRACTION),
}


def read_optimizer(study: Any) -> Optimizer:
    """The optimizer that a study asks for.

    Args:
        study: the `regimen.study.study.Study`, for its optimizer, learning_rate, momentum, nesterov and weight_decay.

    Raises:
        OptionError: there is no such optimizer, a setting is out of range or another optimizer's, or Keras' optimizer
            does what cannot be represented.
    """
    named = isinstance(study.optimizer, str)
    settings = _settings_by_word(study) if named else _settings_of_object(study.optimizer, study)
    for name, (fits, expected) in _RANGES.items():
        if name in settings:
            settings[name] = _number(name, settings[name], fits, expected)
    for name in ("nesterov", "centered"):
        if not isinstance(settings.get(name, False), bool):
            raise OptionError(f"{name} must be True or False; received {settings[name]!r}.")
    return Optimizer(**settings)


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
        "learning_rate": _shortest(config["learning_rate"]),
        "weight_decay": config["weight_decay"] or 0.0,
        "undecayed": _undecayed(optimizer) if config["weight_decay"] else (),
        **{name: float(config[name]) for name in _CLIPPING if config[name] and config[name] > 0},  # as Keras asks
    }


def _config(optimizer: Any) -> Mapping[str, Any]:
    """A Keras optimizer's settings.

    Raises:
        OptionError: its learning rate is no number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of a function in the place of a number
            config = optimizer.get_config()
    except NotImplementedError:
        config = {"learning_rate": None}  # a schedule of the user's own, which says nothing of itself
    if not isinstance(config["learning_rate"], float):
        raise OptionError(
            f"The learning rate of the optimizer {type(optimizer).__name__} must be a number. Give it one, and use "
            "the remedies cosine, onecycle or plateau to change it."
        )
    return config


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
