"""Finds the model that a user names: a built-in network, a .keras file, ``module.py:function``, or an object."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from regimen.errors import ModelError, RegimenError, nearest
from regimen.models.backend import import_keras
from regimen.models.networks import NETWORKS, build_network, default_network

Builder = Callable[[tuple[int, int, int], int], Any]
"""(input shape, number of classes) → uncompiled Keras model."""


def find_model(source: Any) -> Any:
    """What ``--model`` or ``Study(model=…)`` names: a Keras model, or a builder that awaits the images' shape.

    Args:
        source: None (the built-in network for the images' size), the name of a built-in network, a path to a
            ``.keras`` file (loaded in Keras' safe mode), ``"module.py:function"``, a function, or a Keras model.

    Returns:
        A Keras model, or a `Builder`.

    Raises:
        ModelError: nothing of that name, or a file that cannot be loaded.
    """
    if source is None:
        return lambda shape, classes: build_network(default_network(shape), shape, classes)
    if isinstance(source, str | Path):
        return _by_name(str(source))
    if hasattr(source, "get_config") and not isinstance(source, type):
        return source
    if callable(source):
        return _builder(source)
    raise ModelError(
        f"Expected a Keras model, a function that builds one, or a name; received {type(source).__qualname__}."
    )


def shaped(model: Any, input_shape: tuple[int, int, int], classes: int) -> Any:
    """A Keras model built for images of this shape, from what `find_model` returned.

    Raises:
        ModelError: the builder failed, or the model cannot be built for this shape.
    """
    import_keras()
    if not hasattr(model, "get_config"):
        model = model(input_shape, classes)
    if not getattr(model, "built", True):
        try:
            model.build((None, *input_shape))
        except (ValueError, TypeError, RuntimeError) as error:
            raise ModelError(
                f"The model {model.name!r} cannot be built for images of shape {input_shape}: {error}"
            ) from error
    return model


def wanted_shape(model: Any) -> tuple[int | None, int | None, int | None]:
    """(height, width, channels) that a model found by `find_model` insists on; None where it takes anything."""
    shape = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    if isinstance(shape, tuple) and len(shape) == 4:
        return shape[1:]
    return (None, None, None)


def _by_name(name: str) -> Any:
    path, _, function = name.rpartition(":")
    if path.endswith(".py"):
        return _builder(_function(Path(path), function))
    if name.endswith((".keras", ".h5")):
        return _load(Path(name))
    if name in NETWORKS:
        return lambda shape, classes: build_network(name, shape, classes)
    if name.endswith(".py"):
        raise ModelError(f"{name!r} names a file but no function in it; write {name}:function.")
    raise ModelError(
        f"There is no model {name!r}: expected a built-in network, a .keras file, or module.py:function. "
        f"{nearest(name, NETWORKS)}"
    )


def _load(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"There is no model file {str(path)!r}.")
    keras = import_keras()
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise
        raise ModelError(
            f"The model file {str(path)!r} cannot be loaded: {_first_line(error)} If it contains classes of your own, "
            "pass module.py:function instead, with a function that defines or imports them and returns the model."
        ) from error


def _function(path: Path, name: str) -> Callable[..., Any]:
    module = _import_file(path)
    function = getattr(module, name, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ModelError(f"{str(path)!r} defines no function {name!r}. {nearest(name, known)}")
    return function


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ModelError(f"There is no file {str(path)!r}.")
    import_keras()
    path = path.resolve()
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    name = path.stem
    ours = hasattr(sys.modules.get(name), "__regimen_user_file__")
    if not ours and (name in sys.modules or name in sys.stdlib_module_names):
        name = f"user_{name}"  # a file called random.py must not replace the module of that name
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    module.__regimen_user_file__ = True
    sys.modules[name] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))  # not from a stale .pyc
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ModelError(f"{str(path)!r} cannot be imported: {type(error).__name__}: {_first_line(error)}") from error
    return module


def _builder(function: Callable[..., Any]) -> Any:
    """Calls the user's function with those of ``input_shape``, ``classes`` and ``num_classes`` that it names.

    One that names none of them is called at once, so that its model's input decides the size of the images.
    """
    parameters = inspect.signature(function).parameters

    def build(shape: tuple[int, int, int], classes: int) -> Any:
        offered = {"input_shape": shape, "classes": classes, "num_classes": classes}
        given = {name: value for name, value in offered.items() if name in parameters}
        name = getattr(function, "__name__", "the function")
        try:
            model = function(**given)
        except RegimenError:
            raise
        except Exception as error:
            raise ModelError(
                f"Building the model with {name}({', '.join(given)}) failed: "
                f"{type(error).__name__}: {_first_line(error)} It receives those of {', '.join(offered)} that it names."
            ) from error
        if not hasattr(model, "get_config"):
            raise ModelError(f"{name}() returned {type(model).__qualname__}; expected an uncompiled Keras model.")
        return model

    return build if parameters.keys() & {"input_shape", "classes", "num_classes"} else build((0, 0, 0), 0)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
