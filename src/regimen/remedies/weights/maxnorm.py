"""Max-norm: the incoming weights of each unit kept within a ball."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.models.nodes import Json, Layer
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.weights.kernels import layers_with_kernels, settings

_INCOMING: dict[tuple[str, str], int | list[int]] = {
    ("Dense", "kernel_constraint"): 0,  # (in, units)
    ("Conv1D", "kernel_constraint"): [0, 1],  # (size, in, filters)
    ("Conv2D", "kernel_constraint"): [0, 1, 2],  # (rows, columns, in, filters)
    ("Conv3D", "kernel_constraint"): [0, 1, 2, 3],  # (depth, rows, columns, in, filters)
    ("Conv2DTranspose", "kernel_constraint"): [0, 1, 3],  # (rows, columns, filters, in)
    ("DepthwiseConv2D", "depthwise_constraint"): [0, 1],  # (rows, columns, in, multiplier): each has one input
    ("SeparableConv2D", "depthwise_constraint"): [0, 1],
    ("SeparableConv2D", "pointwise_constraint"): [0, 1, 2],
}
"""Layer and setting → the axes of the kernel that together are one unit's or filter's incoming weights."""


@dataclass(frozen=True)
class MaxNorm(Remedy):
    """Scales the incoming weights of a unit or filter down after each step whenever their norm exceeds a limit.

    Source: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15,
    section 5.1.

    Args:
        limit: largest Euclidean norm, above 0.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out; naming one is an error.

    Raises:
        RemedyError: a limit out of range.
    """

    limit: float = 3.0
    where: str = "all"
    word: ClassVar[str] = "maxnorm"
    strength: ClassVar[str] = "limit"
    card: ClassVar[Card] = Card(
        what=say(
            "After each step, the incoming weights of every unit or filter are scaled down if their norm exceeds a "
            "limit. Weights within the limit are left alone, so nothing pulls on them."
        ),
        formula="w ← w · min(1, c / ‖w‖)   for the incoming weights w of each unit",
        helps=say(
            "High learning rates and strong dropout, where weights can grow without bound. It was introduced together "
            "with dropout and works best with it."
        ),
        hurts=say(
            "A limit that no weight reaches does nothing, and one far below their initial norm cripples the layer from "
            "the first step on."
        ),
        strengths=say("2 to 4. Compare with the norms that the weights reach without it."),
        interactions={
            "dropout": say("Made for each other: the limit allows the high learning rates that dropout profits from."),
            "batchnorm": say(
                "The scale of weights in front of a normalization does not change the output; leave it out."
            ),
            "l2": say("Both restrain weights. L2 pulls on all of them, the limit only on those that grew too large."),
        },
        keras=(
            "constraint = keras.constraints.MaxNorm(3, axis=[0, 1, 2])  # axis=0 for a Dense layer\n"
            'x = keras.layers.Conv2D(32, 3, padding="same", kernel_constraint=constraint)(x)'
        ),
        papers=(
            "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: A Simple Way to Prevent Neural "
            "Networks from Overfitting, JMLR 15.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("limit", 0, float("inf"), below=True)
        self.require(self.limit > 0, "limit", "above 0")
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``kernel_constraint`` (or what stands for it) in the layers' configurations."""
        graph, changes = plan.graph, []
        for layer in layers_with_kernels(graph, self.where, self.word):
            constraints = {name: self._constraint(layer, name) for name in settings(layer, "constraint")}
            graph = graph.with_config(layer.key, **constraints)
            written = ", ".join(
                f"{name} = MaxNorm({shown(self.limit)}, axis={constraint['config']['axis']})"
                for name, constraint in constraints.items()
            )
            changes.append(say("{layer}: {settings}", layer=layer.name, settings=written))
        return plan.with_graph(graph), self.receipt(*changes)

    def _constraint(self, layer: Layer, name: str) -> Json:
        there = layer.config[name]
        if there is not None:
            raise RemedyError(
                f"maxnorm: layer {layer.name!r} already has a {name} ({there['class_name']}), which would be replaced. "
                "Leave it out with where=, or remove it from the model."
            )
        return {
            "module": "keras.constraints",
            "class_name": "MaxNorm",
            "config": {"max_value": float(self.limit), "axis": _INCOMING[layer.class_name, name]},
            "registered_name": None,
        }
