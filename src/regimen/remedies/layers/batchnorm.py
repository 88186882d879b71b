"""Batch normalization between a layer and its activation."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy
from regimen.remedies.where import is_frozen, matching, weighted_layers


@dataclass(frozen=True)
class BatchNorm(Remedy):
    """Normalizes each channel by the mean and variance of the batch, between a layer and its activation.

    Source: Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training, ICML.

    Args:
        momentum: of the running statistics that inference uses, 0 ≤ momentum < 1. Keras' 0.99 needs several hundred
            steps to forget where it started.
        epsilon: added to the variance, above 0.
        where: ``all`` (every convolution and dense layer but the output and frozen ones, since what follows those
            was trained for their outputs as they are) or a pattern on layer names.

    Raises:
        RemedyError: a momentum or epsilon out of range.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3
    where: str = "all"
    word: ClassVar[str] = "batchnorm"

    def __post_init__(self) -> None:
        self.require_number("momentum", 0, 1, below=True)
        self.require_number("epsilon", 0, 1)
        self.require(self.epsilon > 0, "epsilon", "above 0")
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Splits off each fused activation and inserts a Keras ``BatchNormalization`` in front of it."""
        graph, changes = plan.graph, []
        pattern = "*" if self.where == "all" else self.where
        candidates = weighted_layers(graph)
        if self.where == "all":
            candidates = [layer for layer in candidates if not is_frozen(layer)]
        layers = matching(graph, pattern, candidates, self.word)
        for layer in layers:
            followers = [graph.layer(call.layer) for call in graph.consumers(layer.key)]
            if any("Normalization" in follower.class_name for follower in followers):
                if self.where != "all":
                    raise RemedyError(f"batchnorm: a normalization already follows layer {layer.name!r}.")
                continue
            graph = graph.split_activation(layer.key)
            config = {"axis": -1, "momentum": float(self.momentum), "epsilon": float(self.epsilon)}
            graph = graph.insert_after(layer.key, "keras.layers.BatchNormalization", "batchnorm", config)
            changes.append(say("{layer}: BatchNormalization between it and its activation", layer=layer.name))
        if not changes:
            raise RemedyError("batchnorm: every convolution and dense layer is followed by a normalization already.")
        return plan.with_graph(graph), self.receipt(*changes)
