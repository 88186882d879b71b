"""Finds the class behind a layer's kind: Keras' own by import path, a user's own by registration.

A user's class may live in a script, a notebook or a file, so it is registered as an object, under its name and a hash
of the source that defines it: an edited class is another layer. Worker processes get the objects themselves.
"""

import hashlib
import importlib
import inspect
import sys
import sysconfig
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from regimen.errors import ModelError

_custom: dict[str, type] = {}
_objects: dict[str, Any] = {}


def kind_of(module: str, class_name: str, cls: type | None) -> str:
    """The kind under which a layer's class is found again, registering it if it is not Keras' own.

    Args:
        module: the module that Keras' serialization names.
        class_name: the class that it names.
        cls: the class object; None for operations on tensors, which are always Keras' own.
    """
    if cls is None or (cls.__module__ or "").split(".")[0] == "keras":
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


def remember_objects(config: Any) -> None:
    """Registers the user's own functions and classes that a layer's configuration names (an activation, say)."""
    if isinstance(config, dict):
        module, name = config.get("module"), config.get("config")
        if config.get("class_name") != "function":
            name = config.get("class_name")
        registered = config.get("registered_name")
        if registered and isinstance(name, str) and str(module).split(".")[0] != "keras":
            found = getattr(sys.modules.get(module), name, None)
            if found is not None:
                _objects[registered] = found
        for value in config.values():
            remember_objects(value)
    elif isinstance(config, list | tuple):
        for value in config:
            remember_objects(value)


def custom_objects() -> Mapping[str, Any]:
    """What Keras' ``custom_object_scope`` takes to deserialize the registered configurations."""
    return {**{cls.__name__: cls for cls in _custom.values()}, **_objects}


def export_classes() -> bytes:
    """Everything registered, for a worker process of this same user (never stored)."""
    import cloudpickle

    for thing in [*_custom.values(), *_objects.values()]:
        module = inspect.getmodule(thing)
        if module is not None and not _installed(module):
            cloudpickle.register_pickle_by_value(module)
    return cloudpickle.dumps((_custom, _objects))


def import_classes(data: bytes) -> None:
    """The inverse of `export_classes`, in the worker process."""
    import pickle

    custom, objects = pickle.loads(data)
    _custom.update(custom)
    _objects.update(objects)


def _installed(module: ModuleType) -> bool:
    """Whether a worker process can import the module by its name, as it is here."""
    installed = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    return any((getattr(module, "__file__", None) or "").startswith(path) for path in installed)


def _source_hash(cls: type) -> str:
    """Of the file that defines the class, since it may use anything in it; in a notebook, of the class alone."""
    module = sys.modules.get(cls.__module__)
    try:
        source = inspect.getsource(module if getattr(module, "__file__", None) else cls)
    except (OSError, TypeError):
        source = cls.__qualname__
    return hashlib.sha256(source.encode()).hexdigest()[:12]
