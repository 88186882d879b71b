"""Builds the Keras model that a graph describes, and names its weights."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regimen.errors import ModelError
from regimen.models.classes import class_of, custom_objects
from regimen.models.nodes import Call, Json, Layer, Ref, map_refs
from regimen.seeds import derive


def build(
    layers: Sequence[Layer],
    calls: Sequence[Call],
    output: Ref,
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    seed: int | None = None,
) -> tuple[Any, dict[str, Any]]:
    """A flat Functional model, and its layers and operations by key; see `regimen.models.graph.Graph.to_keras`."""
    import keras

    made, tensors = _execute(layers, calls, seed)
    image = next(tensors[call.id][0] for call in calls if not call.refs())
    model = keras.Model(image, tensors[output.call][output.output])
    for key, layer in made.items():
        names = weight_names(key, layer) if getattr(layer, "weights", None) else []
        if weights is not None and any(name in weights for name in names):  # else a remedy inserted the layer
            layer.set_weights([weights[name] for name in names])
    return model, made


def shapes(layers: Sequence[Layer], calls: Sequence[Call]) -> dict[Ref, tuple[int | None, ...]]:
    """The shape of every tensor between layers, batch axis included; see `regimen.models.graph.Graph.shapes`."""
    _, tensors = _execute(layers, calls, None)
    return {
        Ref(call, index): tuple(tensor.shape)
        for call, several in tensors.items()
        for index, tensor in enumerate(several)
    }


def _execute(
    layers: Sequence[Layer], calls: Sequence[Call], seed: int | None
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Every layer by key, and what every call returned, as symbolic tensors."""
    import keras

    specs = {layer.key: layer for layer in layers}
    made: dict[str, Any] = {}
    tensors: dict[str, list[Any]] = {}
    with keras.saving.custom_object_scope(dict(custom_objects())):
        for call in calls:
            spec = specs[call.layer]
            if spec.class_name == "InputLayer":
                tensors[call.id] = [keras.Input(batch_shape=spec.config["batch_shape"], name=spec.name)]
                continue
            if spec.key not in made:
                if seed is not None:
                    keras.utils.set_random_seed(derive(seed, "weights", spec.key) % 2**32)
                made[spec.key] = make_layer(spec)
            try:
                result = made[spec.key](*decode(call.args, tensors), **_keywords(call, tensors))
            except (ValueError, TypeError, RuntimeError) as error:
                raise ModelError(f"Layer {spec.name!r} cannot take what it is given: {_plainly(error)}") from error
            if isinstance(result, dict):
                raise ModelError(
                    f"Layer {spec.name!r} returns a dictionary; let it return one tensor or a tuple of them."
                )
            tensors[call.id] = list(result) if isinstance(result, list | tuple) else [result]
    return made, tensors


def _plainly(error: Exception) -> str:
    """What an error of a Keras layer says, without the frame that Keras puts around it."""
    text = re.sub(r"\x1b\[\d*m", "", str(error)).rpartition("Error encountered:")[2]
    said = [line for line in text.splitlines() if line.strip() and not line.startswith("Exception encountered")]
    return said[0] if said else type(error).__name__


def make_layer(spec: Layer) -> Any:
    """The unbuilt Keras layer (or operation) of a spec.

    Raises:
        ModelError: its class does not take the configuration that its own ``get_config`` returned.
    """
    try:
        return class_of(spec.kind).from_config({**spec.config, "name": spec.name})
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"Layer {spec.name!r} of class {spec.class_name} cannot be made from its own configuration: {error} "
            "Let its get_config() return exactly what its __init__ takes."
        ) from error


def weight_names(key: str, layer: Any) -> list[str]:
    """Names of a built layer's weights, in Keras' order: ``block1_conv1/0.kernel``, ``block1_conv1/1.bias``.

    A weight that its layer did not name is called ``variable``: Keras' own ``variable_7`` counts up within a process.
    """
    names = [re.sub(r"^variable_\d+$", "variable", variable.name) for variable in layer.weights]
    return [f"{key}/{index}.{name}" for index, name in enumerate(names)]


def decode(value: Json, tensors: Mapping[str, Sequence[Any]]) -> Any:
    """Call arguments with references replaced by tensors and serialized values (slices, tuples) restored."""
    import keras

    def plain(item: Json) -> Any:
        if isinstance(item, dict) and "class_name" in item:
            return keras.saving.deserialize_keras_object(item)
        if isinstance(item, dict):
            return {key: plain(part) for key, part in item.items()}
        if isinstance(item, list):
            return [plain(part) for part in item]
        return item

    return plain(map_refs(value, lambda ref: tensors[ref.call][ref.output]))


def _keywords(call: Call, tensors: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    keywords = decode(call.kwargs or {}, tensors)
    return keywords if call.training is None else {**keywords, "training": call.training}
