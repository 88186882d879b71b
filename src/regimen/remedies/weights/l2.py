"""L2: a penalty on the squared weights."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import listing, say
from regimen.models.nodes import Layer
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.where import WEIGHTED, is_frozen, matching, weighted_layers

KERNEL_PENALTIES = ("kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer")
"""Where Keras' layers keep the penalties of their kernels; a separable convolution has the last two."""


@dataclass(frozen=True)
class L2(Remedy):
    """Adds strength · Σw² over the kernels of the chosen layers to the loss (and to ``val_loss``), as Keras does.

    Source: Krogh & Hertz (1991), A simple weight decay can improve generalization, NIPS 4.

    Args:
        factor: λ, at least 0.
        where: ``all`` (every convolution and dense layer but the output), ``dense`` (the dense layers among these), or
            a pattern on layer names. Frozen layers are left out, since Keras ignores their penalties; naming one is an
            error.

    Raises:
        RemedyError: a negative strength.
    """

    factor: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "l2"
    strength: ClassVar[str] = "factor"

    def __post_init__(self) -> None:
        self.require_number("factor", 0, float("inf"), below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Sets ``kernel_regularizer`` (or what stands for it) in the layers' configurations."""
        layers = self._layers(plan)
        if self.factor == 0:
            return plan, self.receipt()
        graph, changes = plan.graph, []
        penalty = {
            "module": "keras.regularizers",
            "class_name": "L2",
            "config": {"l2": float(self.factor)},
            "registered_name": None,
        }
        for layer in layers:
            names = [name for name in KERNEL_PENALTIES if name in layer.config]
            already = [name for name in names if layer.config[name]]
            if already:
                raise RemedyError(
                    f"l2: layer {layer.name!r} already has a {already[0]}, which would be replaced. "
                    "Leave it out with where=, or remove it from the model."
                )
            graph = graph.with_config(layer.key, **dict.fromkeys(names, penalty))
            change = say(
                "{layer}: {settings} = L2({factor})",
                layer=layer.name,
                settings=listing(names),
                factor=shown(self.factor),
            )
            changes.append(change)
        return plan.with_graph(graph), self.receipt(*changes)

    def _layers(self, plan: Plan) -> list[Layer]:
        candidates = weighted_layers(plan.graph)
        if self.where == "dense":
            candidates = [layer for layer in candidates if layer.class_name == "Dense"]
        elif self.where != "all":
            # Whoever names a layer may mean the output layer too.
            candidates = [layer for layer in plan.graph.layers if layer.class_name in WEIGHTED]
        pattern = "*" if self.where in ("all", "dense") else self.where
        layers = matching(plan.graph, pattern, candidates, self.word)
        frozen = [layer for layer in layers if is_frozen(layer)]
        named = [layer.name for layer in frozen if {layer.name, layer.key} & set(pattern.split("/"))]
        if named or len(frozen) == len(layers):
            raise RemedyError(
                f"l2: frozen weights do not change, so a penalty on {', '.join(named or [one.name for one in frozen])} "
                "does nothing. Choose trainable layers with where=, or set layer.trainable = True in the model."
            )
        return [layer for layer in layers if layer not in frozen]
