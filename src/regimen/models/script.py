"""A graph as the Python script that builds the model with plain Keras, line by line.

Requirements: the script runs as printed and makes a model of the same layers, names, calls and shapes; a chain reads
``x = …(x)``; only a tensor that is needed again later has a name of its own, that of its layer; a class or function of
the user's own is imported where it can be, else named in a comment.
"""

import inspect
import keyword
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from regimen.models.classes import class_of, custom_objects
from regimen.models.code import identifier, layer_code, object_code, value_code
from regimen.models.graph import Graph
from regimen.models.nodes import Call, Json, Layer, Ref, is_ref

_OPERATORS = {
    **{"Add": "+", "Subtract": "-", "Multiply": "*", "TrueDivide": "/", "FloorDivide": "//", "Power": "**"},
    **{"Mod": "%", "Matmul": "@", "Greater": ">", "GreaterEqual": ">=", "Less": "<", "LessEqual": "<="},
}


def script(graph: Graph, on_images: Sequence[str] = ()) -> str:
    """The script that builds a graph's model, called ``model``; its weights are drawn anew.

    Args:
        graph: of the model.
        on_images: lines ``x = …(x)`` that come right after the input.
    """
    return "\n".join([*_imports(graph), *_Lines(graph).write(on_images)])


class _Lines:
    """Writes the calls of a graph, giving names to layers and tensors."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.taken = {"keras", "model", "inputs", "x", *(thing.__name__ for thing in own_objects(graph))}
        places = {call.id: place for place, call in enumerate(graph.calls)}
        self.last_use = {graph.output.call: len(graph.calls)}
        for call in graph.calls:
            for ref in call.refs():
                self.last_use[ref.call] = max(self.last_use.get(ref.call, 0), places[call.id])
        self.several = _calls_with_several_outputs(graph)
        self.layers: dict[str, str] = {}
        self.tensors: dict[str, str] = {}

    def write(self, on_images: Sequence[str]) -> Iterator[str]:
        for place, call in enumerate(self.graph.calls):
            layer = self.graph.layer(call.layer)
            if layer.class_name == "InputLayer":
                yield from self._input(place, call, layer, on_images)
                continue
            if len(self.graph.calls_of(layer.key)) > 1 and layer.key not in self.layers and ".ops." not in layer.kind:
                self.layers[layer.key] = self._free(layer.name)
                yield f"{self.layers[layer.key]} = {layer_code(layer)}"
            made = self._called(call, layer)
            needed_later = self.last_use.get(call.id, place) > place + 1
            wanted = layer.name if call.id == layer.key else call.id
            self.tensors[call.id] = self._free(wanted) if needed_later else "x"
            yield f"{self.tensors[call.id]} = {made}"
        yield f"model = keras.Model(inputs, {self._tensor(self.graph.output)})"

    def _input(self, place: int, call: Call, layer: Layer, on_images: Sequence[str]) -> Iterator[str]:
        batch, *shape = layer.config["batch_shape"]
        size = value_code(shape) if batch is None else f"batch_shape={value_code([batch, *shape])}"
        yield f"inputs = keras.Input({size}, name={value_code(layer.name)})"
        self.tensors[call.id] = "inputs"
        if on_images:
            yield "x = inputs"
            yield from on_images
            self.tensors[call.id] = "x"
            if self.last_use.get(call.id, place) > place + 1:
                self.tensors[call.id] = self._free("images")
                yield f"{self.tensors[call.id]} = x"

    def _called(self, call: Call, layer: Layer) -> str:
        if ".ops." in layer.kind:
            return self._operation(call, layer)
        made = self.layers.get(layer.key) or layer_code(layer)
        training = [] if call.training is None else [f"training={call.training}"]
        return f"{made}({', '.join([*self._arguments(call), *training])})"

    def _operation(self, call: Call, layer: Layer) -> str:
        """An operation on tensors: with its sign where it has one, else a function of ``keras.ops``."""
        args, plain = call.args, not layer.config and not call.kwargs
        if plain and layer.class_name in _OPERATORS and all(is_ref(arg) or _is_number(arg) for arg in args):
            return f" {_OPERATORS[layer.class_name]} ".join(map(self._operand, args))
        if plain and layer.class_name == "Negative":
            return f"-{self._argument(args[0])}"
        if plain and layer.class_name == "GetItem":
            index = args[1] if isinstance(args[1], list) else [args[1]]
            return f"{self._argument(args[0])}[{', '.join(map(self._index, index))}{',' if len(index) == 1 else ''}]"
        function = _function_of(layer)
        if function is None:
            return f"{object_code(class_of(layer.kind), layer.kind, layer.config)}({', '.join(self._arguments(call))})"
        name, settings = function
        settings = [f"{key}={value_code(value)}" for key, value in settings.items()]
        return f"keras.ops.{name}({', '.join([*self._arguments(call), *settings])})"

    def _operand(self, value: Json) -> str:
        text = self._argument(value)
        return f"({text})" if text.startswith("-") else text

    def _arguments(self, call: Call) -> list[str]:
        keywords = (call.kwargs or {}).items()
        return [*map(self._argument, call.args), *(f"{key}={self._argument(value)}" for key, value in keywords)]

    def _argument(self, value: Json) -> str:
        if is_ref(value):
            return self._tensor(Ref(*value["ref"]))
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self._argument, value))}]"
        if isinstance(value, dict) and "class_name" in value:
            return f"keras.saving.deserialize_keras_object({value!r})"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key!r}: {self._argument(item)}" for key, item in value.items()) + "}"
        return value_code(value)

    def _index(self, value: Json) -> str:
        kind = value.get("class_name") if isinstance(value, dict) else None
        if kind == "__ellipsis__":
            return "..."
        if kind == "__slice__":
            start, stop, step = (value["config"][name] for name in ("start", "stop", "step"))
            ends = ["" if end is None else self._argument(end) for end in (start, stop)]
            return ":".join(ends if step is None else [*ends, self._argument(step)])
        return self._argument(value)

    def _tensor(self, ref: Ref) -> str:
        name = self.tensors[ref.call]
        return f"{name}[{ref.output}]" if ref.call in self.several else name

    def _free(self, wanted: str) -> str:
        name = identifier(wanted)
        while name in self.taken or keyword.iskeyword(name):
            name += "_"
        self.taken.add(name)
        return name


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float)


def _calls_with_several_outputs(graph: Graph) -> set[str]:
    """Calls that return a list of tensors, of which the graph may use but one."""
    found = {ref.call for call in graph.calls for ref in call.refs() if ref.output} | (
        {graph.output.call} if graph.output.output else set()
    )
    for key, layer in graph.build()[1].items():
        if len(graph.calls_of(key)) == 1 and isinstance(layer.output, list | tuple):
            found.add(graph.calls_of(key)[0].id)
    return found


def _function_of(operation: Layer) -> tuple[str, dict[str, Json]] | None:
    """The name of the function of ``keras.ops`` that an operation stands for, and its settings that are no defaults."""
    import keras

    for name, function in vars(keras.ops).items():
        if name.replace("_", "") == operation.class_name.lower() and callable(function):
            known = inspect.signature(function).parameters
            if set(operation.config) <= set(known):
                return name, {key: value for key, value in operation.config.items() if value != known[key].default}
    return None


# Classes and functions of the user's own


def _imports(graph: Graph) -> list[str]:
    lines = []
    for thing in sorted(own_objects(graph), key=lambda thing: thing.__name__):
        module = sys.modules.get(thing.__module__)
        file = Path(getattr(module, "__file__", None) or "")
        importable = getattr(module, thing.__name__, None) is thing and thing.__module__ != "__main__"
        if importable and not (hasattr(module, "__regimen_user_file__") and file.stem != thing.__module__):
            lines.append(f"from {thing.__module__} import {thing.__name__}  # your own")
        else:
            source = f", from {file.name}" if file.name else ""
            lines.append(f"# {thing.__name__}: your own{source}; define it here")
    return ["import keras", *lines, ""]


def own_objects(graph: Graph) -> set[Any]:
    """Every class and function of the user's own that a graph names."""
    classes = {class_of(layer.kind) for layer in graph.layers if layer.kind.startswith("custom:")}
    return classes | {custom_objects()[name] for layer in graph.layers for name in _registered(layer.config)}


def _registered(value: Json) -> Iterator[str]:
    """Names under which configurations refer to objects of the user's own; see `regimen.models.classes`."""
    if isinstance(value, dict):
        if value.get("registered_name") and "class_name" in value and not value.get("module"):
            yield value["registered_name"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _registered(item)
