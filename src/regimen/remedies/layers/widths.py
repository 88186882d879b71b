"""Networks with other widths: filters and units changed, and everything that must follow suit.

Requirements: what is added, multiplied or averaged stays of one width; grouped and depthwise convolutions, reshapes to
a number of channels and group normalizations follow the width they are given; what cannot follow is refused by name,
and the changed network is checked by building it.
"""

from collections.abc import Callable, Mapping, Sequence
from math import gcd, lcm

from regimen.errors import ModelError, RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Call, Json, Layer, Ref
from regimen.remedies.kinds import WEIGHTED

WIDTHS = ("filters", "units")
"""Settings that say how wide a layer's output is."""


def is_depthwise(graph: Graph, layer: Layer) -> bool:
    """Whether a layer convolves each channel on its own, so that its width follows its input's."""
    if layer.class_name == "DepthwiseConv2D":
        return True
    groups = layer.config.get("groups", 1) if "filters" in layer.config else 1
    return groups > 1 and groups == graph.shapes[graph.calls_of(layer.key)[0].refs()[0]][-1]


def scaled(graph: Graph, factor: float) -> Callable[[int], int]:
    """The new width for an old one: a whole number, at least 1, that groups of convolutions still divide.

    Equal widths stay equal, whatever the layers, so that residual additions go on to fit.
    """
    groups = {
        layer.config["groups"]
        for layer in graph.layers
        if "filters" in layer.config and layer.config.get("groups", 1) > 1 and not is_depthwise(graph, layer)
    }

    def width(old: int) -> int:
        unit = lcm(*(number for number in groups if old % number == 0))
        return unit * max(1, round(old * factor / unit))

    return width


def with_widths(graph: Graph, widths: Mapping[str, int], word: str) -> Graph:
    """The network with some layers' widths changed.

    Args:
        graph: the network.
        widths: key of a layer → its new filters or units.
        word: of the remedy, for messages.

    Raises:
        RemedyError: something cannot follow the change; says what.
    """
    changed: Graph = graph
    now: dict[Ref, int | None] = {}
    for call in graph.calls:
        layer, given = graph.layer(call.layer), [(ref, now[ref]) for ref in call.refs()]
        own = widths.get(call.layer)
        try:
            settings = {} if own is None else {next(name for name in WIDTHS if name in layer.config): own}
            if own is None and any(width != graph.shapes[ref][-1] for ref, width in given):
                own, settings = _following(graph, layer, call, given)
        except _CannotFollowError as error:
            raise RemedyError(f"{word}: {error} Choose other layers with where=, or another factor.") from None
        changed = changed.with_config(layer.key, **settings)
        for ref, shape in graph.shapes.items():
            if ref.call == call.id:
                now[ref] = shape[-1] if own is None else own
    try:
        shapes = changed.shapes
    except ModelError as error:
        raise RemedyError(f"{word}: {error} Choose other layers with where=.") from error
    for ref, width in now.items():
        if shapes[ref][-1] != width:
            name = graph.layer(graph.call(ref.call).layer).name
            raise RemedyError(f"{word}: layer {name!r} does not follow its input. Choose other layers with where=.")
    if shapes[graph.output] != graph.shapes[graph.output]:
        raise RemedyError(f"{word}: it would change the number of outputs. Choose other layers with where=.")
    return changed


class _CannotFollowError(Exception):
    """A layer that cannot take a change of its inputs' widths."""


def _following(graph: Graph, layer: Layer, call: Call, given: Sequence[tuple[Ref, int]]) -> tuple[int, Json]:
    """What a layer that keeps its own settings makes of inputs of other widths.

    Args:
        graph: the unchanged network.
        layer: to be changed.
        call: of the layer.
        given: what it takes, and how wide that is now.

    Returns:
        The new width of what it returns, and the settings that follow.
    """
    before, now = graph.shapes[Ref(call.id)][-1], [width for _, width in given]
    were = [graph.shapes[ref][-1] for ref, _ in given]
    if layer.class_name == "GroupNormalization":
        return now[0], {"groups": gcd(layer.config["groups"], now[0])}
    if layer.class_name in ("DepthwiseConv2D", "Flatten"):
        return before // were[0] * now[0], {}
    if layer.class_name in WEIGHTED and is_depthwise(graph, layer):
        return before // were[0] * now[0], {"groups": now[0], "filters": before // were[0] * now[0]}
    if layer.class_name in WEIGHTED:
        return before, {}
    if layer.class_name == "Concatenate" and layer.config["axis"] in (-1, len(graph.shapes[Ref(call.id)]) - 1):
        return sum(now), {}
    if layer.class_name == "Reshape" and layer.config["target_shape"][-1] == were[0]:
        return now[0], {"target_shape": [*layer.config["target_shape"][:-1], now[0]]}
    wide = {width for width, was in zip(now, were, strict=True) if was != 1}  # a width of 1 serves all channels
    if len(wide) > 1:
        widths = ", ".join(f"{_name(graph, ref)} {width}" for ref, width in given)
        raise _CannotFollowError(f"layer {layer.name!r} joins what would no longer be equally wide: {widths}.")
    if {was for was in were if was != 1} != {before}:
        raise _CannotFollowError(
            f"layer {layer.name!r} of class {layer.class_name} makes {before} channels of {were[0]}; how many it "
            f"should make of {now[0]} is not known."
        )
    return wide.pop(), {}


def _name(graph: Graph, ref: Ref) -> str:
    return graph.layer(graph.call(ref.call).layer).name
