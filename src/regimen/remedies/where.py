"""Where in a network a remedy applies: the roles and layer-name patterns of ``where=``.

Roles: ``input`` = after the input, past a scaling or random augmentation of the model's own; ``blocks`` = after each
pooling, and before each block that begins with a strided convolution, but the first;
``head`` = before Flatten or global pooling; ``dense`` = before each Dense but the output. Anything else is a pattern on
layer names (``*_conv2``), alternatives separated by ``/``.

A role leaves out places in front of frozen convolutions and dense layers, which were trained for what they get as it
is; a pattern may name any place.
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.models.nodes import Layer, Ref
from regimen.remedies.blocks import Place, block_places
from regimen.remedies.kinds import GLOBAL_POOLINGS, SCALING, WEIGHTED, WEIGHTLESS

LISTED = 10
"""Names in an error; of more, how many others there are."""


def weighted_layers(graph: Graph) -> list[Layer]:
    """Convolutions and dense layers, without the output layer, in order."""
    output = _output_weights(graph)
    return [layer for layer in _called(graph) if layer.class_name in WEIGHTED and layer.key != output]


def matching(where: str, among: Sequence[Layer], word: str, roles: Sequence[str]) -> list[Layer]:
    """Those of ``among`` whose name or key matches a pattern; all of them for a role.

    Args:
        where: one of ``roles``, or a pattern on names, its alternatives separated by ``/``.
        among: the layers that the remedy could apply to.
        word: of the remedy that asks.
        roles: what it takes in place of a pattern.

    Raises:
        RemedyError: none does; lists the names there are.
    """
    found = [layer for layer in among if where in roles or _matches(layer, where)]
    if not found:
        names = _listed([layer.name for layer in among]) or "none in this model"
        known = f" The roles are {', '.join(roles)}." if where.isalpha() and where not in roles else ""
        raise RemedyError(
            f"{word}: where={where} matches no layer that {word} could apply to.{known} These it could: {names}."
        )
    return found


def insertion_points(graph: Graph, where: str, word: str, *, on_images: bool = False) -> list[Place]:
    """Where a layer goes in.

    Args:
        graph: the network.
        where: a role or a pattern.
        word: of the remedy that asks.
        on_images: only where what passes has height, width and channels.

    Returns:
        Places in the order of the network.

    Raises:
        RemedyError: the model has no such place; says why, and what would be one.
    """

    def fitting(places: Sequence[Place]) -> list[Place]:
        return [place for place in places if not on_images or len(graph.shapes[_passing(graph, place)]) == 4]

    named = fitting([(layer.key, False) for layer in _inner_layers(graph)])
    if where not in _ROLES:
        layers = matching(where, [graph.layer(key) for key, _ in named], word, tuple(_ROLES))
        return [(layer.key, False) for layer in layers]
    find, why = _ROLES[where]
    points = _undisturbing(graph, fitting(find(graph)))
    if points:
        return points
    if fitting(find(graph)):
        why = "what passes there goes on to frozen layers, which were trained for it as it is"
    elif find(graph):
        why = "what passes there has no height, width and channels"
    roles = [role for role, (places, _) in _ROLES.items() if _undisturbing(graph, fitting(places(graph)))]
    names = [graph.layer(key).name for key, _ in named]
    instead = (
        f"Use {' or '.join(f'where={role}' for role in roles)}, or name layers" if roles else "Name layers instead"
    )
    raise RemedyError(
        f"{word}: where={where} has no place in this model: {why}. {instead}, for example "
        f"where={names[0] if names else 'NAME'}. Layers: {_listed(names)}."
    )


def before_frozen(graph: Graph) -> set[str]:
    """Ids of the calls whose results reach a frozen convolution or dense layer."""
    found: set[str] = set()
    for call in reversed(graph.calls):
        layer = graph.layer(call.layer)
        if call.id in found or (layer.class_name in WEIGHTED and is_frozen(layer)):
            found |= {ref.call for ref in call.refs()}
    return found


def is_frozen(layer: Layer) -> bool:
    """Whether training leaves the layer's weights alone."""
    return layer.config.get("trainable") is False


def _passing(graph: Graph, place: Place) -> Ref:
    """The tensor at a place."""
    key, before = place
    call = graph.calls_of(key)[0]
    return call.refs()[0] if before else Ref(call.id)


def _undisturbing(graph: Graph, places: Sequence[Place]) -> list[Place]:
    """Those places that are not in front of frozen layers."""
    frozen = before_frozen(graph)
    return [place for place in places if _passing(graph, place).call not in frozen]


def _input(graph: Graph) -> list[Place]:
    last = graph.calls[0]
    while len(following := graph.consumers(last.id)) == 1:
        name = graph.layer(following[0].layer).class_name
        if name not in SCALING and not name.startswith("Random"):
            break
        last = following[0]
    return [(last.layer, False)]


def _head(graph: Graph) -> list[Place]:
    return [(layer.key, True) for layer in _called(graph) if layer.class_name in ("Flatten", *GLOBAL_POOLINGS)][-1:]


def _dense(graph: Graph) -> list[Place]:
    output = _output_weights(graph)
    return [(layer.key, True) for layer in _called(graph) if layer.class_name == "Dense" and layer.key != output]


_ROLES: dict[str, tuple[Callable[[Graph], list[Place]], str]] = {
    "input": (_input, "it has no input"),
    "blocks": (block_places, "it has no pooling layer and no convolution with strides above 1"),
    "head": (_head, "it has no Flatten and no global pooling layer"),
    "dense": (_dense, "it has no Dense layer before the output layer"),
}
"""Role → its places, and what a model without any has."""


def _output_weights(graph: Graph) -> str:
    """Key of the last layer with weights on the way to the output: its activation may be a layer of its own."""
    return output_layers(graph)[-1]


def output_layers(graph: Graph) -> list[str]:
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
    output = output_layers(graph)
    return [
        layer
        for layer in _called(graph)
        if layer.class_name != "InputLayer" and layer.key not in output and ".ops." not in layer.kind
    ]


def _matches(layer: Layer, pattern: str) -> bool:
    return any(fnmatchcase(name, part) for part in pattern.split("/") for name in (layer.name, layer.key))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:LISTED])} and {more} more"
