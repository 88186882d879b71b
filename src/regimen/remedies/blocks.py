"""Where the blocks of a network end: one place for each time that its resolution falls."""

from regimen.models.graph import Graph
from regimen.models.nodes import Call, Layer
from regimen.remedies.kinds import ACTIVATIONS, CONVOLUTIONS, PADDING, POOLINGS, is_normalization

Place = tuple[str, bool]
"""Key of a layer, and whether the new layer goes before it rather than after."""


def block_places(graph: Graph) -> list[Place]:
    """After each pooling, and before each block that begins with a strided convolution, but not in front of the first.

    Where a block has several branches, what enters all of them is one place, and what only one of them carries is none.
    """
    places: dict[int, list[tuple[int, Place]]] = {}  # how often the resolution has fallen → (rank, place)
    fallen: dict[str, int] = {}
    strided = set()
    for call in graph.calls:
        layer, refs = graph.layer(call.layer), call.refs()
        fallen[call.id] = max((fallen[ref.call] for ref in refs), default=0)
        if len(refs) != 1 or not _reduces(layer):
            continue
        fallen[call.id] += 1
        begin = _begin(graph, call)
        source = begin.refs()[0].call
        pooling = layer.class_name in POOLINGS
        if len(graph.consumers(source)) > 1:
            found = (0, (graph.call(source).layer, False))
        elif pooling:
            found = (1, (layer.key, False))
        else:
            found = (2, (begin.layer, True))
        places.setdefault(fallen[call.id], []).append(found)
        if not pooling:
            strided.add(found[1])
    chosen = [min(places[level], key=lambda found: found[0])[1] for level in sorted(places)]
    if len(chosen) > 1 and chosen[0] in strided:  # the stem
        del chosen[0]
    return list(dict.fromkeys(chosen))


def _reduces(layer: Layer) -> bool:
    """Whether a layer returns fewer rows and columns than it gets, by its strides."""
    strides = layer.config.get("strides") or layer.config.get("pool_size", 1)
    steps = max(strides if isinstance(strides, list | tuple) else [strides])
    return layer.class_name in (*CONVOLUTIONS, *POOLINGS) and layer.class_name != "Conv2DTranspose" and steps > 1


def _begin(graph: Graph, call: Call) -> Call:
    """The call with which the block of a strided layer begins.

    That is the call itself, or the padding in front of it. A depthwise convolution may stand in the middle of an
    inverted residual block: that begins with the 1×1 convolution that widens what a block before returned without an
    activation (Sandler et al. 2018, MobileNetV2: inverted residuals and linear bottlenecks, CVPR).
    """
    begin = call
    if graph.layer(call.layer).class_name == "DepthwiseConv2D":
        before = _passed_over(graph, call, (*ACTIVATIONS, *PADDING), normalizations=True)
        widening = _maker(graph, before)
        if widening is not None and _is_pointwise(graph.layer(widening.layer)):
            source = graph.layer(graph.call(widening.refs()[0].call).layer)
            if source.class_name not in ACTIVATIONS and source.config.get("activation") in (None, "linear"):
                return widening
    return _passed_over(graph, begin, PADDING, normalizations=False)


def _passed_over(graph: Graph, call: Call, classes: tuple[str, ...], *, normalizations: bool) -> Call:
    """The first call of the row of such layers, each with one consumer, that ends in a call."""
    while (maker := _maker(graph, call)) is not None:
        name = graph.layer(maker.layer).class_name
        if name not in classes and not (normalizations and is_normalization(name)):
            break
        call = maker
    return call


def _maker(graph: Graph, call: Call) -> Call | None:
    """The call that makes what another one takes, if nothing else takes it and it has one input itself."""
    (source,) = (ref.call for ref in call.refs())
    maker = graph.call(source)
    return maker if len(graph.consumers(source)) == 1 and len(maker.refs()) == 1 else None


def _is_pointwise(layer: Layer) -> bool:
    return layer.class_name == "Conv2D" and set(layer.config["kernel_size"]) == {1}
