"""Global pooling in the place of Flatten."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import ModelError, RemedyError
from regimen.language import say
from regimen.models.graph import Graph
from regimen.models.nodes import Layer
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy
from regimen.remedies.where import output_layers

_LAYERS = {"average": "GlobalAveragePooling2D", "max": "GlobalMaxPooling2D"}


@dataclass(frozen=True)
class GlobalPooling(Remedy):
    """Replaces Flatten by one number per channel, so that the dense layer behind it needs far fewer weights.

    Source: Lin, Chen & Yan (2014), Network in network, ICLR.

    Args:
        kind: ``average`` or ``max`` over all pixels.

    Raises:
        RemedyError: an unknown kind.
    """

    kind: str = "average"
    word: ClassVar[str] = "globalpool"
    card: ClassVar[Card] = Card(
        what=say(
            "Each channel is reduced to its average (or maximum) over all pixels, instead of handing every pixel of "
            "every channel to the dense layer. This removes most weights of a small network."
        ),
        formula="Flatten:  y ∈ ℝ^(H·W·C)\nhere:     y[c] = 1 / (H·W) · Σ x[h, w, c]   (or the maximum),   y ∈ ℝ^C",
        helps=say(
            "The first dense layer behind Flatten holds most of the weights, and what matters is whether something is "
            "in the image, not where."
        ),
        hurts=say(
            "Position matters, as for digits or centred objects, or there are few channels: 16 numbers may be too few "
            "to tell the classes apart. Training needs more epochs."
        ),
        strengths=say(
            "Average is the usual choice; the maximum suits small objects in large images. Have at least several "
            "channels per class before it."
        ),
        interactions={
            "dropout": say(
                "With where=head it moves in front of the pooling, where averaging cancels much of its noise."
            ),
            "narrower": say("Both cut weights. Together they may leave too few channels to tell the classes apart."),
            "shift": say("Pooling makes the network nearly blind to position, so shifted images add less."),
        },
        keras="x = keras.layers.GlobalAveragePooling2D()(x)  # in the place of Flatten()",
        papers=("Lin, Chen & Yan (2014), Network In Network, ICLR.",),
    )

    def __post_init__(self) -> None:
        self.require(self.kind in tuple(_LAYERS), "kind", "average or max")

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Puts a Keras ``GlobalAveragePooling2D`` or ``GlobalMaxPooling2D`` in the place of each Flatten."""
        layers = _flattens(plan.graph)
        if not layers:
            raise RemedyError(
                "globalpool: this model has no Flatten of images (height, width, channels) with a dense layer behind "
                "it, which global pooling could replace."
            )
        if plan.weights != "fresh":
            raise RemedyError(
                "globalpool: the kept weights of what follows Flatten would not fit fewer inputs. Use it with fresh "
                "weights."
            )
        graph, changes = plan.graph, []
        for layer in layers:
            graph = graph.insert_before(layer.key, f"keras.layers.{_LAYERS[self.kind]}", self.word, {})
            graph = graph.without(layer.key)
            changes.append(say("{layer}: {new} instead of Flatten", layer=layer.name, new=_LAYERS[self.kind]))
        try:
            _ = graph.shapes
        except ModelError as error:
            raise RemedyError(f"globalpool: the model needs its Flatten. {error}") from error
        return plan.with_graph(graph), self.receipt(*changes)


def _flattens(graph: Graph) -> list[Layer]:
    """Every Flatten of more than one pixel, but what follows the output's weights."""
    found = []
    for call in graph.calls:
        layer = graph.layer(call.layer)
        if layer.class_name == "Flatten" and layer.key not in output_layers(graph):
            shape = graph.shapes[call.refs()[0]]
            if len(shape) == 4 and shape[1:3] != (1, 1):
                found.append(layer)
    return found
