"""A layer as the line of Python that makes it: ``keras.layers.Conv2D(32, 3, padding="same", name="conv")``.

Requirements: what a layer would be without saying so is left out; the expression, evaluated where ``keras`` is
imported, makes a layer of the same configuration; a class of the user's own stands under its bare name.
"""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from regimen.models.classes import class_of, custom_objects
from regimen.models.nodes import Json, Layer

_UNSAID = ("name", "dtype")
"""Settings that stand in every configuration and are not a layer's own."""


def layer_code(spec: Layer) -> str:
    """The Python expression that makes a layer.

    Args:
        spec: of a layer; its configuration may be partial.

    Returns:
        ``keras.layers.…(…)``, its name the last argument.
    """
    cls = class_of(spec.kind)
    if not spec.kind.startswith("custom:"):
        return object_code(cls, spec.kind, spec.config, {"name": spec.name})
    return object_code(cls, spec.class_name, spec.config, {"name": spec.name})


def object_code(cls: type, written: str, config: Mapping[str, Json], more: Mapping[str, Json] | None = None) -> str:
    """The Python expression that makes an object of a class from its configuration.

    Args:
        cls: the class.
        written: how the expression names it.
        config: as its ``get_config`` returns; what equals the class's defaults is left out, but for a first number.
        more: further arguments, which come last; only a layer has any.
    """
    more = more or {}
    required, first = _signature(cls)
    given = {name: value for name, value in config.items() if name not in _UNSAID}
    said = {name: given[name] for name in required if name in given}
    if not more and _is_number(given.get(first)):  # the strength of a penalty: L2() would say too little
        said[first] = given[first]
    while unlike := _differing(cls, {**said, **more}, given):
        said[unlike[0]] = given[unlike[0]]  # one at a time: a default may follow from another, as strides from size
    said = {name: _shortest(cls, {**said, **more}, name) for name in given if name in said}
    leading = required if set(required) <= set(said) else []
    if not required and (_is_number(said.get(first)) or isinstance(said.get(first), str)):
        leading = [first]
    arguments = [value_code(said[name]) for name in leading]
    arguments += [f"{name}={value_code(said[name])}" for name in said if name not in leading]
    arguments += [f"{name}={value_code(value)}" for name, value in more.items()]
    return f"{written}({', '.join(arguments)})"


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _signature(cls: type) -> tuple[list[str], str]:
    """Names of the arguments that a class cannot do without, and of its first one ("" if it takes none)."""
    parameters = [
        parameter
        for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    return required, parameters[0].name if parameters else ""


def _differing(cls: type, said: Mapping[str, Json], given: Mapping[str, Json]) -> list[str]:
    """Names of the settings that an object made from ``said`` does not have as given."""
    made = _config(cls, said)
    return [name for name, value in given.items() if name not in said and (name, value) not in made.items()]


def _config(cls: type, arguments: Mapping[str, Json]) -> Json:
    """The configuration of an object made from a configuration's settings, as it comes back from JSON; else {}."""
    import keras

    try:
        with keras.saving.custom_object_scope(dict(custom_objects())):
            return json.loads(json.dumps(cls(**arguments).get_config()))
    except Exception:  # a class of the user's own may refuse fewer settings with anything: all are said then
        return {}


def _shortest(cls: type, said: Mapping[str, Json], name: str) -> Json:
    """``3`` for ``[3, 3]``, where the class takes it for the same."""
    value = said[name]
    if not isinstance(value, list) or len(value) < 2 or any(item != value[0] for item in value):
        return value
    return value[0] if _config(cls, {**said, name: value[0]}).get(name) == value else value


def identifier(name: str) -> str:
    """A layer's name as the name of a variable.

    >>> identifier("block1/conv"), identifier("2nd")
    ('block1_conv', '_2nd')
    """
    return re.sub(r"\W|^(?=\d)", "_", name)


def value_code(value: Json) -> str:
    """A configuration's value as Python; lists become tuples."""
    if isinstance(value, dict) and {"class_name", "config"} <= set(value):
        return _object(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{value_code(key)}: {value_code(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(value_code, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _object(value: Mapping[str, Any]) -> str:
    """A serialized object: a regularizer, an initializer, a function of the user's own, a layer within a layer."""
    if value["class_name"] == "function":
        return value["config"].split("#")[0].rpartition(".")[2]
    if not value.get("module"):  # see `regimen.models.classes.named_exactly`
        name = value["registered_name"]
        cls = custom_objects().get(name) or custom_objects()[value["class_name"]]
        return object_code(cls, value["class_name"], value["config"])
    written = f"{value['module']}.{value['class_name']}"
    return object_code(class_of(written), written, value["config"])
