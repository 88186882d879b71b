"""Where in a network a remedy applies: the roles and layer-name patterns of ``where=``.

Roles: ``blocks`` = after each pooling (else after each downsampling convolution's block, that is before each
downsampling but the first); ``head`` = before Flatten or global pooling; ``dense`` = before each Dense but the output.
Anything else is a pattern on layer names (``*_conv2``), alternatives separated by ``/``.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Layer, Ref

CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")
POOLINGS = ("MaxPooling2D", "AveragePooling2D")
GLOBAL_POOLINGS = ("GlobalAveragePooling2D", "GlobalMaxPooling2D")
WEIGHTED = (*CONVOLUTIONS, "Dense")
WEIGHTLESS = ("Activation", "Softmax", "Sigmoid", "Reshape", "Flatten", *GLOBAL_POOLINGS)
"""Layers that may follow the output's weights."""
ROLES = ("blocks", "head", "dense")


def weighted_layers(graph: Graph) -> list[Layer]:
    """Convolutions and dense layers, without the output layer, in order."""
    output = _output_weights(graph)
    return [layer for layer in _called(graph) if layer.class_name in WEIGHTED and layer.key != output]


def matching(graph: Graph, pattern: str, among: Sequence[Layer], word: str) -> list[Layer]:
    """Those of ``among`` whose name or key matches a pattern.

    Raises:
        RemedyError: none does; lists the names there are.
    """
    found = [layer for layer in among if _matches(layer, pattern)]
    if not found:
        names = ", ".join(layer.name for layer in among) or "none in this model"
        roles = f" The roles are {', '.join(ROLES)}." if pattern.isalpha() else ""
        raise RemedyError(
            f"{word}: where={pattern} matches no layer that {word} could apply to.{roles} These it could: {names}."
        )
    return found


def insertion_points(graph: Graph, where: str, word: str) -> list[tuple[str, bool]]:
    """Where a layer goes in.

    Returns:
        (key of a layer, whether the new layer goes before it rather than after), in the order of the network.

    Raises:
        RemedyError: the model has no such place; says what would be one.
    """
    if where not in ROLES:
        return [(layer.key, False) for layer in matching(graph, where, _inner_layers(graph), word)]
    points = {"blocks": _blocks, "head": _head, "dense": _dense}[where](graph)
    if not points:
        sought = {
            "blocks": "no pooling layer and no convolution with strides above 1",
            "head": "no Flatten and no global pooling layer",
            "dense": "no Dense layer before the output layer",
        }[where]
        names = ", ".join(layer.name for layer in _inner_layers(graph))
        raise RemedyError(
            f"{word}: where={where} has no place in this model: it has {sought}. Name layers instead, for example "
            f"where={_inner_layers(graph)[0].name if names else 'NAME'}. Layers: {names}."
        )
    return points


def is_frozen(layer: Layer) -> bool:
    """Whether training leaves the layer's weights alone."""
    return layer.config.get("trainable") is False


def _blocks(graph: Graph) -> list[tuple[str, bool]]:
    pooled = [(layer.key, False) for layer in _called(graph) if layer.class_name in POOLINGS]
    # A residual block downsamples on both of its branches; what enters both is one place.
    strided: dict[Ref, list[Layer]] = {}
    for layer in _called(graph):
        if _downsamples(layer):
            strided.setdefault(graph.calls_of(layer.key)[0].refs()[0], []).append(layer)
    places = [
        (branches[0].key, True) if len(branches) == 1 else (graph.call(source.call).layer, False)
        for source, branches in strided.items()
    ]
    return pooled or places[1:] or places


def _head(graph: Graph) -> list[tuple[str, bool]]:
    return [(layer.key, True) for layer in _called(graph) if layer.class_name in ("Flatten", *GLOBAL_POOLINGS)][-1:]


def _dense(graph: Graph) -> list[tuple[str, bool]]:
    output = _output_weights(graph)
    return [(layer.key, True) for layer in _called(graph) if layer.class_name == "Dense" and layer.key != output]


def _downsamples(layer: Layer) -> bool:
    strides = layer.config.get("strides", 1)
    return layer.class_name in CONVOLUTIONS and max(strides if isinstance(strides, list | tuple) else [strides]) > 1


def _output_weights(graph: Graph) -> str:
    """Key of the last layer with weights on the way to the output: its activation may be a layer of its own."""
    return _tail(graph)[-1]


def _tail(graph: Graph) -> list[str]:
    """Keys of the output layer, and of what stands between it and the last layer with weights, which comes last."""
    call = graph.call(graph.output.call)
    keys = [call.layer]
    while graph.layer(call.layer).class_name in WEIGHTLESS and call.refs():
        call = graph.call(call.refs()[0].call)
        keys.append(call.layer)
    return keys


def _called(graph: Graph) -> list[Layer]:
    """Layers in the order of their first call."""
    return [graph.layer(key) for key in dict.fromkeys(call.layer for call in graph.calls)]


def _inner_layers(graph: Graph) -> list[Layer]:
    """Everything a layer can be inserted after: not the input, not the output, no bare operations."""
    output = _tail(graph)
    return [
        layer
        for layer in _called(graph)
        if layer.class_name != "InputLayer" and layer.key not in output and ".ops." not in layer.kind
    ]


def _matches(layer: Layer, pattern: str) -> bool:
    return any(fnmatchcase(name, part) for part in pattern.split("/") for name in (layer.name, layer.key))
