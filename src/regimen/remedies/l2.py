"""L2: a penalty on the squared weights."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy
from regimen.remedies.where import WEIGHTED, matching, weighted_layers


@dataclass(frozen=True)
class L2(Remedy):
    """Adds strength · Σw² over the kernels of the chosen layers to the loss (and to ``val_loss``), as Keras does.

    Source: Krogh & Hertz (1991), A simple weight decay can improve generalization, NIPS 4.

    Args:
        factor: λ, at least 0.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names.

    Raises:
        RemedyError: a negative strength.
    """

    factor: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "l2"
    strength: ClassVar[str] = "factor"

    def __post_init__(self) -> None:
        self.require_number("factor", 0, float("inf"), below=True)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``kernel_regularizer`` in the layers' configurations."""
        layers = self._layers(plan)
        if self.factor == 0:
            return plan, self.receipt()
        graph, changes = plan.graph, []
        penalty = {
            "module": "keras.regularizers",
            "class_name": "L2",
            "config": {"l2": self.factor},
            "registered_name": None,
        }
        for layer in layers:
            names = [name for name in layer.config if name.endswith("kernel_regularizer")]
            already = [name for name in names if layer.config[name]]
            if already:
                raise RemedyError(
                    f"l2: layer {layer.name!r} already has a {already[0]}, which would be replaced. "
                    "Leave it out with where=, or remove it from the model."
                )
            graph = graph.with_config(layer.key, **dict.fromkeys(names, penalty))
            changes.append(f"{layer.name}: kernel_regularizer = L2({self.factor:g})")
        return plan.with_graph(graph), self.receipt(*changes)

    def _layers(self, plan: Plan) -> list:
        candidates = weighted_layers(plan.graph)
        if self.where == "dense":
            candidates = [layer for layer in candidates if layer.class_name == "Dense"]
        elif self.where != "all":
            # Whoever names a layer may mean the output layer too.
            candidates = [layer for layer in plan.graph.layers if layer.class_name in WEIGHTED]
        pattern = "*" if self.where in ("all", "dense") else self.where
        return matching(plan.graph, pattern, candidates, self.word)
