"""Finds the class behind a layer's kind: Keras' own by import path, a user's own by registration.

A user's class or function may live in a script, a notebook or a file, so it is registered as an object, under its name
and a hash of the source that defines it: an edited class is another layer. Worker processes get the objects themselves.
"""

import hashlib
import importlib
import inspect
import marshal
import pickle
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from regimen.errors import ModelError

_custom: dict[str, type] = {}
_objects: dict[str, Any] = {}


def kind_of(module: str, class_name: str, cls: type | None) -> str:
    """The kind under which a layer's class is found again, registering it if it is not Keras' own.

    Args:
        module: the module that Keras' serialization names.
        class_name: the class that it names.
        cls: the class object; None where only Keras' own can stand.
    """
    if cls is None or _is_keras(cls.__module__):
        return f"{module}.{class_name}"
    kind = f"custom:{cls.__qualname__}#{_source_hash(cls)}"
    _custom[kind] = cls
    return kind


def class_of(kind: str) -> type:
    """The class object of a kind.

    Raises:
        ModelError: a class of the user's own that is not registered in this process.
    """
    if kind.startswith("custom:"):
        if kind not in _custom:
            name = kind.removeprefix("custom:").split("#")[0]
            raise ModelError(
                f"The layer class {name!r} is not Keras' own and is not known in this process. "
                "Import the module that defines it, and build the model again."
            )
        return _custom[kind]
    module, _, name = kind.rpartition(".")
    return getattr(importlib.import_module(module), name)


def named_exactly(config: Any, layer: Any) -> Any:
    """A layer's configuration in which the user's own functions and classes (an activation, say) are ``name#hash``.

    Keras writes the bare name, which says neither where to find the object nor whether it was edited.

    Args:
        config: what ``get_config`` returned.
        layer: the layer itself, which holds the objects that its configuration names.

    Raises:
        ModelError: a lambda, which has no name, or an object that cannot be found.
    """
    if isinstance(config, list | tuple):
        return [named_exactly(item, layer) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: named_exactly(value, layer) for key, value in config.items()}
    if config.get("class_name") == "__lambda__" or (
        set(config) == {"value"} and not isinstance(config["value"], int | float) and _holds_lambda(layer)
    ):  # a constant initializer has a number
        raise ModelError(
            f"Layer {layer.name!r} uses a lambda, which cannot be saved with the model. Define it as a named function "
            "(def double(x): return 2 * x), or compute with tensors directly: x * 2."
        )
    if not config.get("registered_name") or "class_name" not in config or _is_keras(config.get("module")):
        return config
    is_function = config["class_name"] == "function"
    name = config["config"] if is_function else config["class_name"]
    found = _find(name.split(">")[-1], config.get("module"), layer, is_function)
    exact = f"{found.__qualname__}#{_source_hash(found)}"
    _objects[exact] = found
    return {**config, "module": None, "registered_name": exact, **({"config": exact} if is_function else {})}


def custom_objects() -> Mapping[str, Any]:
    """What Keras' ``custom_object_scope`` takes to deserialize the registered configurations, or a saved model."""
    import keras

    known = [*_custom.values(), *_objects.values()]
    return {
        **{thing.__name__: thing for thing in known},
        **{keras.saving.get_registered_name(thing): thing for thing in known},
        **_objects,
    }


def export_classes() -> bytes:
    """Everything registered, for a worker process of this same user (never stored)."""
    import cloudpickle

    for thing in [*_custom.values(), *_objects.values()]:
        module = sys.modules.get(thing.__module__)
        if module is not None and not _is_installed(module):
            cloudpickle.register_pickle_by_value(module)
    return cloudpickle.dumps((_custom, _objects))


def import_classes(data: bytes) -> None:
    """The inverse of `export_classes`, in the worker process."""
    custom, objects = pickle.loads(data)
    _custom.update(custom)
    _objects.update(objects)


def _is_installed(module: ModuleType) -> bool:
    """Whether a worker process would find the module by its name: a user's script or file it would not."""
    paths = sysconfig.get_paths()
    return any(
        str(getattr(module, "__file__", "")).startswith(paths[kind]) for kind in ("stdlib", "purelib", "platlib")
    )


def _is_keras(module: Any) -> bool:
    return str(module).split(".")[0] == "keras"


def _find(name: str, module: str | None, layer: Any, is_function: bool) -> Any:
    """The function, or the class, of this name: held by the layer, or else defined in its module."""
    for value in _held(layer):
        candidate = value if is_function else type(value)
        if isinstance(candidate, FunctionType if is_function else type) and candidate.__name__ == name:
            return candidate
    found = getattr(sys.modules.get(module), name, None)
    if found is None:
        raise ModelError(
            f"Layer {layer.name!r} refers to {name!r}, which cannot be found. Keep it as an attribute of the layer, or "
            f"define it at the top level of its module{f' {module!r}' if module else ''}."
        )
    return found


def _holds_lambda(layer: Any) -> bool:
    return any(getattr(value, "__name__", "") == "<lambda>" for value in _held(layer))


def _held(layer: Any) -> Iterator[Any]:
    """What a layer's attributes hold, and theirs in turn, nearest first: farther away stand its neighbours' objects."""
    seen, ring = {id(layer)}, [layer]
    for _ in range(4):
        parts = [part for value in ring for part in _parts(value) if id(part) not in seen]
        seen.update(map(id, parts))
        yield from parts
        ring = parts


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return [] if isinstance(value, FunctionType | type) else list(getattr(value, "__dict__", {}).values())


def _source_hash(thing: Any) -> str:
    """Of the file that defines a class or function, since it may use anything in it; in a notebook, of it alone."""
    # Two functions made by one factory have the same source, and differ in what they close over.
    cells = [cell.cell_contents for cell in getattr(thing, "__closure__", None) or ()]
    closed_over = [value for value in cells if isinstance(value, int | float | str | tuple)]
    return hashlib.sha256(_source(thing) + repr(closed_over).encode()).hexdigest()[:12]


def _source(thing: Any) -> bytes:
    module = sys.modules.get(thing.__module__)
    members = {"": thing} if isinstance(thing, FunctionType) else dict(vars(thing))
    functions = [value for value in members.values() if isinstance(value, FunctionType)]
    try:
        if getattr(module, "__file__", None):
            return inspect.getsource(module).encode()
        # inspect does not find the source of a notebook's classes, but it does find that of their methods
        sources = "".join(map(inspect.getsource, functions))
        constants = {key: value for key, value in members.items() if isinstance(value, int | float | str | tuple)}
        return f"{thing.__qualname__}{constants}{sources}".encode()
    except (OSError, TypeError):
        return thing.__qualname__.encode() + b"".join(marshal.dumps(function.__code__) for function in functions)
