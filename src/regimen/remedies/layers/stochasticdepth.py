"""Stochastic depth: residual branches left out at random while training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.models.graph import Graph
from regimen.models.nodes import Ref
from regimen.plan import Plan, Receipt
from regimen.remedies.card import Card
from regimen.remedies.kinds import WEIGHTED
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.where import before_frozen, matching


@dataclass(frozen=True)
class StochasticDepth(Remedy):
    """Leaves out each residual branch with a probability while training, image by image, and scales it up otherwise.

    The probability grows linearly with depth, from ``rate / n`` at the first of n residual additions to ``rate`` at
    the last. A residual addition is a Keras ``Add`` or ``x + y`` of two tensors of one shape, one of which has passed
    more convolutions and dense layers since they parted: the branch.

    Source: Huang et al. (2016), Deep networks with stochastic depth, ECCV; there branches are scaled down at prediction
    time, here up while training, which is the same in expectation.

    Args:
        rate: probability for the last branch, 0 ≤ rate < 1.
        where: ``all`` (every residual addition but those in front of frozen layers, which were trained for what they
            get as it is) or a pattern on the names of the additions.

    Raises:
        RemedyError: a rate out of range.
    """

    rate: float = 0.2
    where: str = "all"
    word: ClassVar[str] = "stochasticdepth"
    strength: ClassVar[str] = "rate"
    card: ClassVar[Card] = Card(
        what=say(
            "While training, each image skips each residual branch with a probability that grows with depth, and only "
            "the shortcut is left. At prediction time the whole network is used."
        ),
        formula=(
            "training:    y = x + b · f(x) / (1 − p_l),   b ~ Bernoulli(1 − p_l) per image\n"
            "             p_l = p · l / L for the l-th of L branches\n"
            "prediction:  y = x + f(x)"
        ),
        helps=say(
            "Deep residual networks that overfit. Each image trains a shallower network, and the whole one acts like "
            "an average of them."
        ),
        hurts=say(
            "Networks with few residual blocks, where one branch is much of the network. Others have no place for it."
        ),
        strengths=say("0.1–0.2 for networks of up to 50 layers, up to 0.5 for more than 100."),
        interactions={
            "batchnorm": say("They go together: residual networks with batch normalization are what it was made for."),
            "dropout": say("Use dropout in the head and this in the blocks; both in the blocks are rarely needed."),
            "earlystop": say("Training takes longer with it. Give early stopping more patience than without it."),
        },
        keras=(
            'branch = keras.layers.Conv2D(x.shape[-1], 3, padding="same")(x)\n'
            "branch = keras.layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(branch)\n"
            "x = keras.layers.Add()([x, branch])"
        ),
        papers=("Huang, Sun, Liu, Sedra & Weinberger (2016), Deep Networks with Stochastic Depth, ECCV.",),
    )

    def __post_init__(self) -> None:
        self.require_number("rate", 0, 1, below=True)
        self.require_place()

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Inserts a Keras ``Dropout`` that draws once per image, at the end of each branch."""
        branches = self._branches(plan.graph)
        if self.rate == 0:
            return plan, self.receipt()
        graph, changes = plan.graph, []
        for position, (call_id, branch) in enumerate(branches.items(), 1):
            rate = self.rate * (position / len(branches))
            noise_shape = [None, *[1] * (len(plan.graph.shapes[branch]) - 1)]
            config = {"rate": rate, "noise_shape": noise_shape}
            graph = graph.insert_between(branch, call_id, "keras.layers.Dropout", self.word, config)
            changes.append(
                say(
                    "{layer}: the branch from {branch} is left out with probability {rate}",
                    layer=graph.layer(graph.call(call_id).layer).name,
                    branch=graph.layer(graph.call(branch.call).layer).name,
                    rate=shown(float(f"{rate:.3g}")),
                )
            )
        return plan.with_graph(graph), self.receipt(*changes)

    def _branches(self, graph: Graph) -> Mapping[str, Ref]:
        """Id of each chosen addition → the branch that it adds."""
        found = residual_branches(graph)
        if not found:
            raise RemedyError(
                "stochasticdepth: this model has no residual additions: no Add of a branch with convolutions or dense "
                "layers to what bypasses them. Use dropout or spatialdropout."
            )
        if self.where == "all":
            frozen = before_frozen(graph)
            chosen = {call_id: branch for call_id, branch in found.items() if call_id not in frozen}
            if not chosen:
                raise RemedyError(
                    "stochasticdepth: every residual addition passes its sum on to frozen layers, which were trained "
                    "for it as it is. Name additions with where= to change them all the same."
                )
        else:
            additions = [graph.layer(key) for key in dict.fromkeys(graph.call(call_id).layer for call_id in found)]
            keys = {layer.key for layer in matching(self.where, additions, self.word, ("all",))}
            chosen = {call_id: branch for call_id, branch in found.items() if graph.call(call_id).layer in keys}
        free = {call_id: branch for call_id, branch in chosen.items() if not _is_left_out(graph, branch)}
        if not free or (self.where != "all" and free != chosen):
            taken = next(branch for call_id, branch in chosen.items() if call_id not in free)
            raise RemedyError(
                "stochasticdepth: the residual branches are left out at random already, by Dropout layers such as "
                f"{graph.layer(graph.call(taken.call).layer).name!r} of the model or of a remedy before this one."
            )
        return free


def residual_branches(graph: Graph) -> dict[str, Ref]:
    """Id of each residual addition's call → the one of its two inputs that passed more layers with weights."""
    passed: dict[str, frozenset[str]] = {}  # call → itself and all calls before it
    branches: dict[str, Ref] = {}
    for call in graph.calls:
        refs = call.refs()
        passed[call.id] = frozenset({call.id}).union(*(passed[ref.call] for ref in refs))
        if graph.layer(call.layer).class_name != "Add" or len(refs) != 2:
            continue
        one, other = refs
        if graph.shapes[one] != graph.shapes[other]:
            continue
        excess = _weighted(graph, passed[one.call] - passed[other.call])
        excess -= _weighted(graph, passed[other.call] - passed[one.call])
        if excess:
            branches[call.id] = one if excess > 0 else other
    return branches


def _weighted(graph: Graph, calls: frozenset[str]) -> int:
    return sum(graph.layer(graph.call(call_id).layer).class_name in WEIGHTED for call_id in calls)


def _is_left_out(graph: Graph, branch: Ref) -> bool:
    """Whether a branch ends in a Dropout that draws once per image."""
    config = graph.layer(graph.call(branch.call).layer).config
    shape = config.get("noise_shape")
    return shape is not None and all(size == 1 for size in shape[1:])
