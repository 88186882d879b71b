"""Group normalization between a layer and its activation."""

from dataclasses import dataclass
from math import gcd, prod
from typing import ClassVar

from regimen.language import say
from regimen.models.graph import Graph
from regimen.models.nodes import Layer, Ref
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.normalization import normalize
from regimen.remedies.remedy import Remedy
from regimen.remedies.where import weighted_layers


@dataclass(frozen=True)
class GroupNorm(Remedy):
    """Normalizes groups of channels by the mean and variance within each image, between a layer and its activation.

    Source: Wu & He (2018), Group normalization, ECCV.

    Args:
        groups: per layer, at least 1; where they do not divide its channels, the greatest common divisor of both, or
            fewer where a group would hold a single number.
        epsilon: added to the variance, above 0.
        where: ``all`` (every convolution and dense layer but the output, those that are normalized already, frozen
            ones and those in front of them, which were trained for what they get as it is, shared ones, and the gates
            of squeeze-and-excitation) or a pattern on layer names.

    Raises:
        RemedyError: groups or epsilon out of range.
    """

    groups: int = 8
    epsilon: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "groupnorm"
    card: ClassVar[Card] = Card(
        what=say(
            "In each image, groups of channels are shifted and scaled to mean 0 and variance 1, then each channel by "
            "a learned scale and offset. Training and prediction do the same, whatever the batch."
        ),
        formula="y = γ · (x − μ) / √(σ² + ε) + β\nμ, σ² over height, width and the channels of one group, per image",
        helps=say(
            "Where batch normalization would help but batches are small, or a training is too short for its running "
            "averages."
        ),
        hurts=say(
            "Large batches: there batch normalization usually ends a little higher. It erases how strongly a whole "
            "group responds, which can be what tells two classes apart."
        ),
        strengths=say(
            "8 groups for 16–64 channels, 32 for 256 and more. 1 group normalizes the whole layer; as many groups as "
            "channels, each channel alone."
        ),
        interactions={
            "batchnorm": say("One of the two per place; a second normalization is refused."),
            "dropout": say("Dropout in front of it changes the variance within the image; put it after the last one."),
            "l2": say(
                "The scale of weights in front of a normalization does not change the output. A penalty on them acts "
                "on the effective learning rate instead."
            ),
        },
        keras=(
            'x = keras.layers.Conv2D(32, 3, padding="same", use_bias=False)(x)\n'
            "x = keras.layers.GroupNormalization(groups=8)(x)\n"
            'x = keras.layers.Activation("relu")(x)'
        ),
        papers=("Wu & He (2018), Group Normalization, ECCV.",),
    )

    def __post_init__(self) -> None:
        whole = isinstance(self.groups, int) and not isinstance(self.groups, bool) and self.groups >= 1
        self.require(whole, "groups", "a whole number, at least 1")
        self.require_number("epsilon", 0, 1)
        self.require(self.epsilon > 0, "epsilon", "above 0")
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Splits off each fused activation and inserts a Keras ``GroupNormalization`` in front of it."""
        groups = {layer.key: self._groups(plan.graph, layer) for layer in weighted_layers(plan.graph)}

        def config(layer: Layer) -> dict[str, float]:
            return {"groups": groups[layer.key], "axis": -1, "epsilon": float(self.epsilon)}

        graph, layers = normalize(plan.graph, self.where, self.word, "GroupNormalization", config)
        changes = []
        for layer, activated in layers:
            named = {"layer": layer.name, "groups": str(groups[layer.key])}
            changes.append(
                say("{layer}: GroupNormalization({groups}) between it and its activation", **named)
                if activated
                else say("{layer}: GroupNormalization({groups}) after it", **named)
            )
        return plan.with_graph(graph), self.receipt(*changes)

    def _groups(self, graph: Graph, layer: Layer) -> int:
        """As many as wanted, if they divide the channels and none holds a single number, which would become 0."""
        shape = graph.shapes[Ref(layer.key)]
        largest, values = gcd(self.groups, shape[-1]), prod(size or 2 for size in shape[1:])
        return next((number for number in range(largest, 1, -1) if largest % number == 0 and values > number), 1)
