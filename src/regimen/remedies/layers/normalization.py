"""Normalizations between a layer and its activation."""

from collections.abc import Callable

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Json, Layer
from regimen.remedies.where import before_frozen, is_frozen, matching, weighted_layers


def normalize(
    graph: Graph, where: str, word: str, class_name: str, config: Callable[[Layer], Json]
) -> tuple[Graph, list[Layer]]:
    """Splits off each fused activation and inserts a normalization in front of it.

    Args:
        graph: the network.
        where: ``all`` or a pattern; ``all`` leaves out layers that are normalized already.
        word: of the remedy, by which the new layers are called.
        class_name: of the Keras layer.
        config: of the new layer that follows a layer.

    Returns:
        The new graph, and the layers that are followed by a normalization now.

    Raises:
        RemedyError: there is no place, or a normalization stands there already.
    """
    found = _layers(graph, where, word)
    free = [layer for layer in found if not _is_normalized(graph, layer)]
    taken = [layer.name for layer in found if layer not in free]
    if not free or (taken and where != "all"):
        places = "every convolution and dense layer" if where == "all" else f"layer {taken[0]!r}"
        raise RemedyError(
            f"{word}: a normalization already follows {places}; a second one would only undo what it learns. "
            "Choose other layers with where=."
        )
    for layer in free:
        graph = graph.split_activation(layer.key)
        graph = graph.insert_after(layer.key, f"keras.layers.{class_name}", word, config(layer))
    return graph, free


def _layers(graph: Graph, where: str, word: str) -> list[Layer]:
    candidates = weighted_layers(graph)
    if where != "all" or not candidates:
        return matching(where, candidates, word, ("all",))
    frozen = before_frozen(graph)
    layers = [layer for layer in candidates if not is_frozen(layer) and layer.key not in frozen]
    if not layers:
        raise RemedyError(
            f"{word}: every convolution and dense layer is frozen or passes what it makes on to frozen layers, which "
            "were trained for it as it is. Name layers with where= to insert a normalization all the same."
        )
    return layers


def _is_normalized(graph: Graph, layer: Layer) -> bool:
    followers = [graph.layer(call.layer) for call in graph.consumers(layer.key)]
    return any("Normalization" in follower.class_name for follower in followers)
