"""The parts of a graph: layers, calls of layers, and references to what a call returned. Plain data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Json = Any
"""What ``json.dumps`` takes: dicts with text keys, lists, text, numbers, booleans, None."""


class Ref(NamedTuple):
    """One output of a call."""

    call: str
    output: int = 0


@dataclass(frozen=True)
class Layer:
    """A Keras layer (or an operation on tensors, such as ``x * 2``) as plain data.

    Attributes:
        key: identifies the layer within its graph and from run to run. Equal to the name, except that Keras'
            automatic names, which count up within a process (``conv2d_7``), are numbered anew; layers of nested
            models are prefixed (``encoder/conv2d``).
        name: the name in the Keras model, unique in the graph.
        kind: import path of the class (``keras.layers.Conv2D``), or ``custom:NAME#HASH`` for a class of the
            user's own, registered in `regimen.models.classes`.
        config: what ``get_config`` returned, without name and dtype.
    """

    key: str
    name: str
    kind: str
    config: Json

    @property
    def class_name(self) -> str:
        """The bare class name, such as ``Conv2D``."""
        return self.kind.split("#")[0].replace(">", ".").replace(":", ".").rsplit(".", 1)[-1]


@dataclass(frozen=True)
class Call:
    """One call of a layer; a shared layer has several.

    Attributes:
        id: identifies the call; the layer's key for its first call, then ``key:1``, ``key:2``.
        layer: key of the layer.
        args: positional arguments as Keras serializes them, tensors replaced by ``{"ref": [call, output]}``.
        kwargs: keyword arguments, likewise.
        training: a fixed ``training=`` argument; None follows the mode of the whole model.
    """

    id: str
    layer: str
    args: Json = ()
    kwargs: Json = None
    training: bool | None = None

    def refs(self) -> list[Ref]:
        """What the call takes, in order."""
        return list(iter_refs([self.args, self.kwargs or {}]))


def ref_json(ref: Ref) -> Json:
    """The form in which a reference stands among a call's arguments."""
    return {"ref": [ref.call, ref.output]}


def is_ref(value: Json) -> bool:
    """Whether ``value`` is a reference written by `ref_json`."""
    return isinstance(value, dict) and set(value) == {"ref"}


def iter_refs(value: Json) -> Iterator[Ref]:
    """All references within nested arguments, in order."""
    if is_ref(value):
        yield Ref(*value["ref"])
    elif isinstance(value, dict):
        for item in value.values():
            yield from iter_refs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from iter_refs(item)


def map_refs(value: Json, replace: Callable[[Ref], Any]) -> Any:
    """Nested arguments with every reference replaced by ``replace(ref)``."""
    if is_ref(value):
        return replace(Ref(*value["ref"]))
    if isinstance(value, dict):
        return {key: map_refs(item, replace) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_refs(item, replace) for item in value]
    return value
