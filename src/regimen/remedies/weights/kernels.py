"""Kernels: the weights of convolutions and dense layers but their biases, and the settings that restrain them."""

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Layer
from regimen.remedies.kinds import WEIGHTED
from regimen.remedies.where import is_frozen, matching, weighted_layers

KERNELS = ("kernel", "depthwise", "pointwise")
"""How Keras' layers call their kernels in their settings; a separable convolution has the last two."""


def settings(layer: Layer, ending: str) -> list[str]:
    """The names of a layer's settings for its kernels: ``kernel_regularizer`` for the ending ``regularizer``."""
    return [f"{kernel}_{ending}" for kernel in KERNELS if f"{kernel}_{ending}" in layer.config]


def layers_with_kernels(graph: Graph, where: str, word: str) -> list[Layer]:
    """The layers whose kernels a remedy restrains.

    Args:
        graph: the network.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out; naming one is an error.
        word: of the remedy.

    Raises:
        RemedyError: there is none, or none that is not frozen.
    """
    candidates = weighted_layers(graph)
    if where == "dense":
        candidates = [layer for layer in candidates if layer.class_name == "Dense"]
    elif where != "all":
        # Whoever names a layer may mean the output layer too.
        candidates = [layer for layer in graph.layers if layer.class_name in WEIGHTED]
    layers = matching(where, candidates, word, ("all", "dense"))
    frozen = [layer for layer in layers if is_frozen(layer)]
    named = [layer.name for layer in frozen if {layer.name, layer.key} & set(where.split("/"))]
    if named or len(frozen) == len(layers):
        names = ", ".join(named or [layer.name for layer in frozen])
        raise RemedyError(
            f"{word}: frozen weights do not change, so {word} on {names} does nothing. Choose trainable layers with "
            "where=, or set layer.trainable = True in the model."
        )
    return [layer for layer in layers if layer not in frozen]
