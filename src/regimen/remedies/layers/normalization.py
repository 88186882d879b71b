"""Normalizations between a layer and its activation."""

from collections.abc import Callable, Collection

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Json, Layer
from regimen.remedies.kinds import (
    ACTIVATIONS,
    CONVOLUTIONS,
    GLOBAL_POOLINGS,
    MERGING,
    NOISE,
    PADDING,
    POOLINGS,
    is_normalization,
)
from regimen.remedies.where import before_frozen, is_frozen, matching, weighted_layers

ACROSS = (*ACTIVATIONS, *GLOBAL_POOLINGS, *MERGING, *NOISE, *PADDING, *POOLINGS)
"""What may stand between a layer and the normalization of what it makes."""


def normalize(
    graph: Graph, where: str, word: str, class_name: str, config: Callable[[Layer], Json]
) -> tuple[Graph, list[tuple[Layer, bool]]]:
    """Splits off each fused activation and inserts a normalization in front of it.

    Args:
        graph: the network.
        where: ``all`` or a pattern. ``all`` leaves out layers that are normalized already, be it behind an addition or
            an activation; shared layers; and the gates of squeeze-and-excitation, which weigh channels.
        word: of the remedy, by which the new layers are called.
        class_name: of the Keras layer.
        config: of the new layer that follows a layer.

    Returns:
        The new graph, and the layers that are followed by a normalization now, each with whether an activation
        follows that.

    Raises:
        RemedyError: there is no place, or a normalization stands there already.
    """
    found = _layers(graph, where, word)
    across = ACROSS if where == "all" else ()
    free = [layer for layer in found if not _is_normalized(graph, layer, across)]
    taken = [layer.name for layer in found if layer not in free]
    if not free or (taken and where != "all"):
        places = "every convolution and dense layer" if where == "all" else f"layer {taken[0]!r}"
        raise RemedyError(
            f"{word}: a normalization already follows {places}; a second one would only undo what it learns. "
            "Choose other layers with where=."
        )
    for layer in free:
        try:
            graph = graph.split_activation(layer.key)
            graph = graph.insert_after(layer.key, f"keras.layers.{class_name}", word, config(layer))
        except RemedyError as error:  # a shared layer
            raise RemedyError(f"{word}: {error}") from error
    return graph, [(layer, _is_activated(graph, layer)) for layer in free]


def _layers(graph: Graph, where: str, word: str) -> list[Layer]:
    candidates = weighted_layers(graph)
    if where != "all" or not candidates:
        return matching(where, candidates, word, ("all",))
    frozen, gates = before_frozen(graph), _gates(graph)
    trained = [layer for layer in candidates if not is_frozen(layer) and layer.key not in frozen]
    if not trained:
        raise RemedyError(
            f"{word}: every convolution and dense layer is frozen or passes what it makes on to frozen layers, which "
            "were trained for it as it is. Name layers with where= to insert a normalization all the same."
        )
    found = [layer for layer in trained if layer.key not in gates and len(graph.calls_of(layer.key)) == 1]
    if not found:
        raise RemedyError(
            f"{word}: every layer that is trained here is shared between several places, or weighs channels behind a "
            "global pooling, where a normalization does not belong."
        )
    return found


def _is_normalized(graph: Graph, layer: Layer, across: Collection[str]) -> bool:
    """Whether a normalization follows a layer, with nothing in between but layers of some classes."""
    waiting = graph.consumers(layer.key)
    while waiting:
        call = waiting.pop()
        name = graph.layer(call.layer).class_name
        if is_normalization(name):
            return True
        if name in across:
            waiting += graph.consumers(call.id)
    return False


def _is_activated(graph: Graph, layer: Layer) -> bool:
    """Whether an activation follows the normalization that follows a layer."""
    (normalization,) = graph.consumers(layer.key)
    return any(graph.layer(call.layer).class_name in ACTIVATIONS for call in graph.consumers(normalization.id))


def _gates(graph: Graph) -> set[str]:
    """Keys of the convolutions behind a global pooling: they weigh channels, and see one number of each."""
    pooled: set[str] = set()
    for call in graph.calls:
        name = graph.layer(call.layer).class_name
        if name in GLOBAL_POOLINGS or (call.refs() and all(ref.call in pooled for ref in call.refs())):
            pooled.add(call.id)
    keys = {graph.call(call_id).layer for call_id in pooled}
    return {key for key in keys if graph.layer(key).class_name in CONVOLUTIONS}
