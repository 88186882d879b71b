"""A narrower network: fewer filters and units in every layer."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import join, say
from regimen.models.nodes import Layer
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.layers.widths import is_depthwise, scaled, with_widths
from regimen.remedies.remedy import Remedy
from regimen.remedies.where import matching, weighted_layers


@dataclass(frozen=True)
class Narrower(Remedy):
    """Multiplies the filters and units of convolutions and dense layers, but not of the output, by a factor.

    Whatever depends on them follows: residual additions stay of equal width, depthwise and grouped convolutions,
    reshapes to a number of channels and group normalizations keep fitting.

    Source: Howard et al. (2017), MobileNets, arXiv:1704.04861, section 3.3, the width multiplier.

    Args:
        factor: 0 < factor ≤ 1. Widths are rounded, and at least 1.
        where: ``all``, ``dense`` (the dense layers) or a pattern on layer names.

    Raises:
        RemedyError: a factor out of range.
    """

    factor: float = 0.5
    where: str = "all"
    word: ClassVar[str] = "narrower"
    strength: ClassVar[str] = "factor"
    card: ClassVar[Card] = Card(
        what=say(
            "Every convolution and dense layer but the output gets fewer filters or units. Half the width leaves about "
            "a quarter of the weights, and training gets faster too."
        ),
        formula="width′ = max(1, round(factor · width));   weights ≈ factor² · weights",
        helps=say(
            "The network is larger than the data can feed, and speed or size matter besides. It is also a "
            "control for every other remedy, since a smaller network may have done as well."
        ),
        hurts=say(
            "Wide networks often generalize better, not worse, when they are regularized otherwise. A network that "
            "hardly fits its training images gets worse."
        ),
        strengths=say("Try 0.5 and 0.25. If 0.5 changes nothing, the network was twice as wide as needed."),
        interactions={
            "dropout": say("Dropout needs width to spare. In a narrower network use a lower rate."),
            "globalpool": say("Both cut weights. Together they may leave too few channels to tell the classes apart."),
            "groupnorm": say("Narrower layers keep as many groups as still divide their channels."),
        },
        keras='x = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(x)  # instead of 32 filters',
        papers=(
            "Howard et al. (2017), MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, "
            "arXiv:1704.04861.",
            "Belkin, Hsu, Ma & Mandal (2019), Reconciling Modern Machine-Learning Practice and the Classical "
            "Bias–Variance Trade-Off, PNAS 116.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("factor", 0, 1)
        self.require(self.factor > 0, "factor", "a number, above 0 and at most 1")
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``filters`` and ``units`` in the layers' configurations, and what follows from them."""
        layers = self._layers(plan)
        if plan.weights != "fresh":
            raise RemedyError(
                "narrower: the kept weights would not fit layers of another width. Use it with fresh weights."
            )
        if self.factor == 1:
            return plan, self.receipt(say("nothing: factor 1"))
        width = scaled(plan.graph, self.factor)
        widths = {layer.key: width(layer.config.get("filters") or layer.config["units"]) for layer in layers}
        graph = with_widths(plan.graph, widths, self.word)
        pairs = [(layer, graph.layer(layer.key)) for layer in plan.graph.layers]
        changes = [
            say("{layer}: {changes}", layer=old.name, changes=_changes(old, new)) for old, new in pairs if old != new
        ]
        if not changes:
            raise RemedyError(
                f"narrower: with the factor {self.factor:g} every layer keeps its width. Use a lower one."
            )
        return plan.with_graph(graph), self.receipt(*changes)

    def _layers(self, plan: Plan) -> list[Layer]:
        candidates = [layer for layer in weighted_layers(plan.graph) if not is_depthwise(plan.graph, layer)]
        if self.where == "dense":
            candidates = [layer for layer in candidates if layer.class_name == "Dense"]
        return matching(self.where, candidates, self.word, ("all", "dense"))


def _changes(old: Layer, new: Layer) -> str:
    return join(
        [
            say("{setting} {now} instead of {before}", setting=name, now=str(now), before=str(old.config[name]))
            for name, now in new.config.items()
            if now != old.config[name]
        ],
        ", ",
    )
