"""A Keras model as plain data, and the edits that remedies make to it.

Requirements: no keras or torch here; every edit returns a new graph; what an edit cannot do is an error, never a
silent nothing; a layer's key survives every edit, so that initial weights drawn by key are shared between arms.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from regimen.errors import ModelError, RemedyError
from regimen.models.nodes import Call, Json, Layer, Ref, iter_refs, map_refs, ref_json


@dataclass(frozen=True)
class Graph:
    """Layers and their calls in topological order.

    Attributes:
        layers: every layer once.
        calls: every call, inputs first, in an order in which they can be executed.
        output: what the model returns.
        input_shape: (height, width, channels) of the one input; an entry is None where any size will do.
        output_shape: shape of the output without the batch axis.
    """

    layers: tuple[Layer, ...]
    calls: tuple[Call, ...]
    output: Ref
    input_shape: tuple[int | None, ...]
    output_shape: tuple[int | None, ...]

    @classmethod
    def from_keras(cls, model: Any) -> "Graph":
        """Reads a Sequential or Functional Keras model, nested models included.

        Raises:
            ModelError: the model is of another kind, is not built, has a custom ``train_step``, several inputs or
                outputs, or anything else that a graph cannot represent; the message names it.
        """
        from regimen.models.reading import read

        return cls(*read(model))

    def to_keras(self, weights: Mapping[str, Any] | None = None, *, seed: int | None = None) -> Any:
        """Builds the Keras model (flat: nested models are expanded, layer names are kept).

        Args:
            weights: arrays by `regimen.models.building.weight_names`; None leaves every layer to its initializer.
            seed: draws each layer's initial weights from (seed, key of the layer). Sets the global random state.
        """
        return self.build(weights, seed=seed)[0]

    def build(self, weights: Mapping[str, Any] | None = None, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        """As `to_keras`, and also the model's layers and operations by key."""
        from regimen.models.building import build

        return build(self.layers, self.calls, self.output, weights=weights, seed=seed)

    @cached_property
    def shapes(self) -> Mapping[Ref, tuple[int | None, ...]]:
        """The shape of what every call returns, batch axis included; None where any size will do. Loads keras.

        Raises:
            ModelError: a layer cannot take what it is given; the message names it.
        """
        from regimen.models.building import shapes

        return shapes(self.layers, self.calls)

    def layer(self, key: str) -> Layer:
        """The layer with this key."""
        return next(layer for layer in self.layers if layer.key == key)

    def calls_of(self, key: str) -> list[Call]:
        """The calls of a layer, in order."""
        return [call for call in self.calls if call.layer == key]

    def consumers(self, call_id: str) -> list[Call]:
        """The calls that take what ``call_id`` returned."""
        return [call for call in self.calls if any(ref.call == call_id for ref in call.refs())]

    @property
    def output_layer(self) -> Layer:
        """The layer whose call returns the model's output."""
        return self.layer(self.call(self.output.call).layer)

    def call(self, call_id: str) -> Call:
        """The call with this id."""
        return next(call for call in self.calls if call.id == call_id)

    # Edits

    def with_config(self, key: str, **changes: Any) -> "Graph":
        """A layer's configuration changed."""
        layers = tuple(
            replace(layer, config={**layer.config, **changes}) if layer.key == key else layer for layer in self.layers
        )
        return replace(self, layers=layers)

    def insert_after(self, key: str, kind: str, suffix: str, config: Json) -> "Graph":
        """A new layer that takes what the layer ``key`` returns; everything that followed now follows the new one.

        Args:
            key: the layer to insert after.
            kind: import path of the new layer's class.
            suffix: the new layer is called ``{name}_{suffix}``.
            config: its configuration.

        Raises:
            RemedyError: the layer is shared, so that there is no single place after it, or returns several tensors.
        """
        call = self._only_call(key, kind)
        if any(ref.output for other in self.calls for ref in other.refs() if ref.call == call.id) or (
            self.output.call == call.id and self.output.output
        ):
            raise RemedyError(
                f"Cannot insert after layer {self.layer(key).name!r}: it returns several tensors, expected 1."
            )
        added = self._new_layer(self.layer(key), kind, suffix, config)

        def moved(ref: Ref) -> Ref:
            return Ref(added.key) if ref.call == call.id else ref

        inserted = Call(added.key, added.key, [ref_json(Ref(call.id))])
        calls = tuple(
            c for old in self.calls for c in ((old, inserted) if old.id == call.id else (_rewire(old, moved),))
        )
        return replace(self, layers=(*self.layers, added), calls=calls, output=moved(self.output))

    def insert_before(self, key: str, kind: str, suffix: str, config: Json) -> "Graph":
        """A new layer between the layer ``key`` and its one input.

        Raises:
            RemedyError: the layer is shared or takes several inputs.
        """
        call = self._only_call(key, kind)
        if len(call.refs()) != 1:
            raise RemedyError(
                f"Cannot insert before layer {self.layer(key).name!r}: it takes {len(call.refs())} inputs, expected 1."
            )
        return self.insert_between(call.refs()[0], call.id, kind, suffix, config)

    def insert_between(self, source: Ref, call_id: str, kind: str, suffix: str, config: Json) -> "Graph":
        """A new layer between a tensor and one of the calls that take it; the others take it as it was.

        Args:
            source: the tensor.
            call_id: the call.
            kind: import path of the new layer's class.
            suffix: the new layer is called after the layer that is called, ``{name}_{suffix}``.
            config: its configuration.
        """
        call = self.call(call_id)
        added = self._new_layer(self.layer(call.layer), kind, suffix, config)
        inserted = Call(added.key, added.key, [ref_json(source)])
        rewired = _rewire(call, lambda ref: Ref(added.key) if ref == source else ref)
        calls = tuple(c for old in self.calls for c in ((inserted, rewired) if old.id == call.id else (old,)))
        return replace(self, layers=(*self.layers, added), calls=calls)

    def _only_call(self, key: str, kind: str) -> Call:
        calls = self.calls_of(key)
        if len(calls) != 1:
            raise RemedyError(
                f"Cannot insert {kind.rsplit('.', 1)[-1]} at layer {self.layer(key).name!r}: it is shared, called "
                f"{len(calls)} times, so the change would apply at several places at once. Choose other layers with "
                "where=."
            )
        return calls[0]

    def _new_layer(self, anchor: Layer, kind: str, suffix: str, config: Json) -> Layer:
        taken = {layer.key for layer in self.layers} | {layer.name for layer in self.layers}
        number, ending = 1, suffix
        while f"{anchor.key}_{ending}" in taken or f"{anchor.name}_{ending}" in taken:
            number += 1
            ending = f"{suffix}_{number}"
        return Layer(f"{anchor.key}_{ending}", f"{anchor.name}_{ending}", kind, config)

    def with_input_shape(self, height: int, width: int, channels: int) -> "Graph":
        """The same network for images of this size."""
        key = next(layer.key for layer in self.layers if layer.class_name == "InputLayer")
        graph = self.with_config(key, batch_shape=[None, height, width, channels])
        return replace(graph, input_shape=(height, width, channels))

    def without(self, key: str) -> "Graph":
        """The layer ``key`` taken out; what followed it now takes its one input.

        Raises:
            RemedyError: the layer is shared or takes several inputs.
        """
        calls = self.calls_of(key)
        if len(calls) != 1 or len(calls[0].refs()) != 1:
            raise RemedyError(
                f"Cannot take out layer {self.layer(key).name!r}: it is called {len(calls)} times with "
                f"{len(calls[0].refs())} inputs, expected one call with one input."
            )
        (call,), (source,) = calls, calls[0].refs()

        def skipped(ref: Ref) -> Ref:
            return source if ref.call == call.id else ref

        return replace(
            self,
            layers=tuple(layer for layer in self.layers if layer.key != key),
            calls=tuple(_rewire(old, skipped) for old in self.calls if old.id != call.id),
            output=skipped(self.output),
        )

    def split_activation(self, key: str) -> "Graph":
        """A fused activation (``Dense(…, activation="relu")``) made a layer of its own; unchanged if there is none."""
        activation = self.layer(key).config.get("activation")
        if activation in (None, "linear"):
            return self
        if len(self.calls_of(key)) != 1:
            raise RemedyError(
                f"Cannot split the activation off layer {self.layer(key).name!r}: the layer is shared. "
                "Choose other layers with where=."
            )
        graph = self.insert_after(key, "keras.layers.Activation", "activation", {"activation": activation})
        return graph.with_config(key, activation="linear")

    # JSON

    def to_json(self) -> Json:
        """Plain data from which `from_json` makes an equal graph."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> "Graph":
        """The inverse of `to_json`, also after a trip through JSON text."""
        return cls(
            layers=tuple(Layer(**layer) for layer in data["layers"]),
            calls=tuple(Call(**call) for call in data["calls"]),
            output=Ref(*data["output"]),
            input_shape=tuple(data["input_shape"]),
            output_shape=tuple(data["output_shape"]),
        )

    def canonical(self) -> Json:
        """What determines the numbers that the graph computes: everything but the display names of layers."""
        data = self.to_json()
        for layer in data["layers"]:
            del layer["name"]
        return data

    def check(self) -> None:
        """Verifies that calls stand in executable order and refer to what exists.

        Raises:
            ModelError: naming the first call that does not.
        """
        keys, done = {layer.key for layer in self.layers}, set()
        for call in self.calls:
            missing = [ref.call for ref in iter_refs([call.args, call.kwargs or {}]) if ref.call not in done]
            if missing or call.layer not in keys:
                raise ModelError(
                    f"The call {call.id!r} refers to {missing or call.layer}, which does not come before it."
                )
            done.add(call.id)


def _rewire(call: Call, change: Callable[[Ref], Ref]) -> Call:
    def rewritten(value: Json) -> Json:
        return map_refs(value, lambda ref: ref_json(change(ref)))

    return replace(call, args=rewritten(list(call.args)), kwargs=rewritten(call.kwargs or {}))
