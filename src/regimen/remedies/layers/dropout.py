"""Dropout: units set to zero at random while training."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.language import say
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.where import insertion_points


@dataclass(frozen=True)
class Dropout(Remedy):
    """Sets each unit to zero with a probability while training, and scales the others up to keep the sum.

    Source: Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15.

    Args:
        rate: probability, 0 ≤ rate < 1.
        where: ``blocks`` (after each pooling), ``head`` (before Flatten or global pooling), ``dense`` (before each
            Dense but the output), or a pattern on layer names.

    Raises:
        RemedyError: a rate out of range.
    """

    rate: float = 0.2
    where: str = "blocks"
    word: ClassVar[str] = "dropout"
    strength: ClassVar[str] = "rate"

    def __post_init__(self) -> None:
        self.require_number("rate", 0, 1, below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Inserts a Keras ``Dropout`` layer at each place."""
        points = insertion_points(plan.graph, self.where, self.word)
        if self.rate == 0:
            return plan, self.receipt()
        graph, changes = plan.graph, []
        for key, before in points:
            insert = graph.insert_before if before else graph.insert_after
            graph = insert(key, "keras.layers.Dropout", "dropout", {"rate": float(self.rate)})
            place = {"layer": graph.layer(key).name, "rate": shown(self.rate)}
            changes.append(
                say("{layer}: Dropout({rate}) before it", **place)
                if before
                else say("{layer}: Dropout({rate}) after it", **place)
            )
        return plan.with_graph(graph), self.receipt(*changes)
