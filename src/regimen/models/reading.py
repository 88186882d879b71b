"""Reads a Keras model into layers and calls, through public API alone: ``get_config`` and ``get_layer``.

Requirements: nested Sequential and Functional models are expanded, however deep, and however often they are called; a
fixed ``training=`` of a nested model reaches the layers inside; shared layers stay shared; operations on tensors are
kept; whatever cannot be represented is refused by name.
"""

import json
import re
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

from regimen.errors import ModelError
from regimen.models import classes
from regimen.models.building import weight_names
from regimen.models.nodes import Call, Json, Layer, Ref, ref_json

_Outputs = Callable[[int], Ref]
"""What a call returned: its n-th output."""

_REFUSED = {"Masking": "masks are not passed on", "Embedding": "its input is not an image"}


def read(model: Any) -> tuple[tuple[Layer, ...], tuple[Call, ...], Ref, tuple, tuple]:
    """The fields of a Graph, read from a built Sequential or Functional model.

    Raises:
        ModelError: see `regimen.models.graph.Graph.from_keras`.
    """
    reader, outputs = _read(model)
    if len(reader.inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"The model {model.name!r} has {len(reader.inputs)} inputs and {len(outputs)} outputs; expected one "
            "of each: images in, class scores out."
        )
    shape = tuple(model.input_shape[1:])
    if len(shape) != 3:
        raise ModelError(
            f"The model {model.name!r} takes inputs of shape {shape}; expected images (height, width, channels). "
            "Give its Input that shape (a Reshape or Flatten layer can follow)."
        )
    return (
        tuple(reader.layers.values()),
        tuple(reader.calls),
        outputs[0],
        shape,
        tuple(model.output_shape[1:]),
    )


def weights_of(model: Any) -> dict[str, np.ndarray]:
    """The weights of a Keras model by `regimen.models.building.weight_names` of its graph's layers."""
    reader, _ = _read(model)
    return {
        name: np.asarray(array)
        for key, layer in reader.objects.items()
        for name, array in zip(weight_names(key, layer), layer.get_weights(), strict=True)
    }


def _read(model: Any) -> tuple["_Reader", list[Ref]]:
    _refuse_custom(model)
    reader = _Reader()
    return reader, reader.expand(model, _config_of(model), prefix="", inputs=None, training=None)


def _refuse_custom(model: Any) -> None:
    if not hasattr(model, "get_config") or not hasattr(model, "layers"):
        raise ModelError(f"Expected a Keras model, received {type(model).__module__}.{type(model).__qualname__}.")
    if not type(model).train_step.__module__.startswith("keras."):
        raise ModelError(
            f"The model class {type(model).__name__!r} has its own train_step, which Regimen's training loop would "
            "ignore. Pass a Sequential or Functional model without one."
        )
    if not type(model).call.__module__.startswith("keras.") or not _is_container(_config_of(model)):
        raise ModelError(
            f"The model class {type(model).__name__!r} is a subclass with code of its own, which cannot be read as a "
            "graph of layers. Pass a Sequential model, or a Functional one: keras.Model(inputs, outputs)."
        )
    if not model.built:
        raise ModelError(
            f"The model {model.name!r} is not built: start it with keras.Input((height, width, channels))."
        )


def _config_of(model: Any) -> Json:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")  # refused by name
            return model.get_config()
    except (NotImplementedError, TypeError) as error:
        raise ModelError(f"The model class {type(model).__name__!r} cannot be read: {error}") from error


def _is_container(config: Json) -> bool:
    return isinstance(config, dict) and "layers" in config and all("class_name" in c for c in config["layers"])


@dataclass
class _Reader:
    layers: dict[str, Layer] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)  # by id of the layer: it may stand in several nested models
    calls: list[Call] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def expand(
        self, model: Any, config: Json, prefix: str, inputs: list[Ref] | None, training: bool | None
    ) -> list[Ref]:
        """Adds the calls of one model; ``inputs`` None means that this is the outermost one."""
        keys = _stable_keys(config["layers"], prefix)
        if "input_layers" in config:
            by_name = {operation.name: operation for operation in model.operations}
            return self._functional(config, keys, by_name, inputs, training)
        return self._sequential(config, keys, model.layers, inputs, training)

    def _sequential(
        self,
        config: Json,
        keys: dict[str, str],
        layers: list[Any],
        inputs: list[Ref] | None,
        training: bool | None,
    ) -> list[Ref]:
        entries = {entry["config"]["name"]: entry for entry in config["layers"]}
        if inputs is None:
            first = next(entry for entry in config["layers"] if entry["class_name"] == "InputLayer")
            inputs = [self._input(first, keys[first["config"]["name"]])]
        last = inputs[0]
        for layer in layers:  # the configuration lists a layer once that stands here twice
            last = self._call(entries[layer.name], keys[layer.name], layer, [ref_json(last)], {}, training)(0)
        return [last]

    def _functional(
        self,
        config: Json,
        keys: dict[str, str],
        by_name: dict[str, Any],
        inputs: list[Ref] | None,
        training: bool | None,
    ) -> list[Ref]:
        made: dict[tuple[str, int], _Outputs] = {}
        for position, (name, _, _) in enumerate(_triples(config["input_layers"])):
            entry = next(entry for entry in config["layers"] if entry["name"] == name)
            given = self._input(entry, keys[name]) if inputs is None else inputs[position]
            made[name, 0] = lambda _, given=given: given
        waiting = deque(
            (entry, number, node)
            for entry in config["layers"]
            if entry["class_name"] != "InputLayer"
            for number, node in enumerate(entry["inbound_nodes"])
        )
        stuck = 0
        while waiting:
            entry, number, node = waiting.popleft()
            if any((layer, call) not in made for layer, call, _ in _tensors(node)):
                waiting.append((entry, number, node))
                stuck += 1
                if stuck > len(waiting):
                    raise ModelError(f"The call of layer {entry['name']!r} depends on a tensor that the model lacks.")
                continue
            stuck = 0
            name = entry["name"]
            args, kwargs = _with_refs(node["args"], made), _with_refs(node["kwargs"], made)
            made[name, number] = self._call(entry, keys[name], by_name[name], args, kwargs, training)
        return [made[name, number](index) for name, number, index in _triples(config["output_layers"])]

    def _input(self, entry: Json, key: str) -> Ref:
        self._add_layer(entry, key, None)
        self.calls.append(Call(key, key, [], {}))
        self.inputs.append(key)
        return Ref(key)

    def _call(
        self,
        entry: Json,
        key: str,
        layer: Any,
        args: list[Json],
        kwargs: dict[str, Json],
        training: bool | None,
    ) -> _Outputs:
        kwargs = {name: value for name, value in kwargs.items() if value is not None}
        asked = kwargs.pop("training", None)
        fixed = training if asked is None or asked == _training_by_default(layer) else asked
        if entry["class_name"] in _REFUSED:
            raise ModelError(
                f"Layer {entry['config']['name']!r} is of class {entry['class_name']}: {_REFUSED[entry['class_name']]}."
            )
        if _is_container(entry["config"]) and hasattr(layer, "train_step"):
            _refuse_custom(layer)
            inner = Call("", "", args, kwargs).refs()
            return self.expand(layer, entry["config"], f"{key}/", inner, fixed).__getitem__
        key = self.keys.setdefault(id(layer), key)
        self._add_layer(entry, key, layer)
        number = sum(call.layer == key for call in self.calls)
        call = Call(f"{key}:{number}" if number else key, key, args, kwargs, fixed)
        self.calls.append(call)
        return lambda index: Ref(call.id, index)

    def _add_layer(self, entry: Json, key: str, layer: Any) -> None:
        if key in self.layers:
            return
        wanted = entry["config"]["name"]
        left_out = ("name",) if _is_operation(layer) else ("name", "dtype")  # of Cast, dtype is the whole point
        config = _unseeded({name: value for name, value in entry["config"].items() if name not in left_out})
        config = json.loads(json.dumps(classes.named_exactly(config, layer)))  # as it comes back from a stored graph
        taken = {known.name for known in self.layers.values()}
        name = wanted if wanted not in taken else key.replace("/", "_")
        while name in taken:
            name += "_"
        kind = classes.kind_of(entry["module"], entry["class_name"], type(layer) if layer is not None else None)
        statistics = _adapted_statistics(entry, layer)
        self.layers[key] = Layer(key, name, kind, {**config, **statistics})
        if hasattr(layer, "get_weights") and not statistics:
            self.objects[key] = layer


def _training_by_default(layer: Any) -> bool | None:
    """The default of ``call(training=…)``: Keras records it, as if it had been asked for, and overrides it in ``fit``.

    So ``Dropout`` in a Functional model has ``training=False`` in its config, and drops units all the same.
    """
    parameter = signature(layer.call).parameters.get("training") if hasattr(layer, "call") else None
    return None if parameter is None else parameter.default


def _adapted_statistics(entry: Json, layer: Any) -> Json:
    """What a Normalization layer has learned by ``adapt``: data, not weights that a seed may draw anew."""
    if entry["module"] != "keras.layers" or entry["class_name"] != "Normalization" or layer.input_mean is not None:
        return {}
    mean, variance = (np.asarray(array) for array in layer.get_weights()[:2])
    return {"mean": mean.tolist(), "variance": variance.tolist()}


def _is_operation(layer: Any) -> bool:
    return layer is not None and not hasattr(layer, "get_weights")


def _unseeded(value: Json) -> Json:
    """Without the seeds of initializers and dropout: every seed of a study draws anew."""
    if isinstance(value, dict):
        return {key: None if key == "seed" else _unseeded(item) for key, item in value.items()}
    return [_unseeded(item) for item in value] if isinstance(value, list | tuple) else value


def _stable_keys(entries: list[Json], prefix: str) -> dict[str, str]:
    """Keys by name: automatic names numbered by their order here, since Keras' own count up within a process."""
    stems = {entry["config"]["name"]: _snake_case(entry["class_name"]) for entry in entries}
    automatic = {name for name, stem in stems.items() if re.fullmatch(rf"{re.escape(stem)}(_\d+)?", name)}
    taken = set(stems) - automatic
    keys = {}
    for name, stem in stems.items():
        key, number = name, 0
        if name in automatic:
            key = stem
            while key in taken:
                number += 1
                key = f"{stem}_{number}"
            taken.add(key)
        keys[name] = prefix + key
    return keys


def _snake_case(name: str) -> str:
    """As Keras forms automatic names: ``BatchNormalization`` → ``batch_normalization``, ``Conv2D`` → ``conv2d``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _triples(value: Json) -> list[tuple[str, int, int]]:
    """The [layer, node, tensor] triples of ``input_layers`` or ``output_layers``, whatever structure they stand in."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str):
        return [(value[0], value[1], value[2])]
    return [triple for item in value for triple in _triples(item)]


def _is_tensor(value: Json) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _tensors(value: Json) -> list[tuple[str, int, int]]:
    if _is_tensor(value):
        return [tuple(value["config"]["keras_history"])]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for item in value for tensor in _tensors(item)] if isinstance(value, list | tuple) else []


def _with_refs(value: Json, made: dict[tuple[str, int], _Outputs]) -> Json:
    if _is_tensor(value):
        name, number, index = value["config"]["keras_history"]
        return ref_json(made[name, number](index))
    if isinstance(value, dict):
        return {key: _with_refs(item, made) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_refs(item, made) for item in value]
    return value
