"""The class weights of a study: what the user writes, as a plan has them."""

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from regimen.errors import OptionError, nearest

BALANCED = "balanced"


def read_class_weight(given: Any) -> dict[Any, float] | str | None:
    """Weights by class as they were named, ``balanced``, or None.

    Args:
        given: of the study: that, or text such as ``cat=2,dog=1``.

    Raises:
        OptionError: it is something else, or a weight is not above 0.
    """
    if given is None or given == BALANCED:
        return given
    if isinstance(given, str):
        given = dict(_pair(part) for part in given.split(","))
    if not isinstance(given, Mapping):
        raise OptionError(f"class_weight must be balanced, or weights by class; received {given!r}.")
    for name, weight in given.items():
        number = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
        if not number or not 0 < weight < math.inf:
            raise OptionError(f"The class weight of {name!r} must be a number above 0; received {weight!r}.")
    return {name: float(weight) for name, weight in given.items()}


def class_weights(given: Any, class_names: Sequence[str]) -> tuple[float, ...] | str:
    """The plan's class weights: one per class, ``balanced``, or none where all are 1.

    Args:
        given: what `read_class_weight` takes; classes by name, else by position, as Keras has them; one that is not
            named weighs 1.
        class_names: of the dataset.

    Raises:
        OptionError: there is no such class, or it is named twice.
    """
    read = read_class_weight(given)
    if read is None or read == BALANCED:
        return read or ()
    found: dict[int, float] = {}
    for name, weight in read.items():
        place = _place(name, class_names)
        if place in found:
            raise OptionError(f"class_weight names the class {class_names[place]!r} twice.")
        found[place] = weight
    weights = tuple(found.get(place, 1.0) for place in range(len(class_names)))
    return () if set(weights) == {1.0} else weights


def _pair(text: str) -> tuple[str, Any]:
    name, equals, weight = text.strip().rpartition("=")
    try:
        return name.strip(), float(weight if equals else "")
    except ValueError:
        raise OptionError(
            f"class_weight must be balanced, or weights such as cat=2,dog=1; received {text.strip()!r} among them."
        ) from None


def _place(name: Any, class_names: Sequence[str]) -> int:
    if str(name) in class_names:
        return list(class_names).index(str(name))
    whole = isinstance(name, numbers.Integral) or (isinstance(name, str) and name.isdecimal())
    if whole and not isinstance(name, bool) and 0 <= int(name) < len(class_names):
        return int(name)
    raise OptionError(f"class_weight: there is no class {name!r}. {nearest(str(name), class_names)}")
