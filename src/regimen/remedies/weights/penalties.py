"""Penalties on kernels that add up: Keras' ``L1``, ``L2`` and ``L1L2``."""

from regimen.errors import RemedyError
from regimen.language import say
from regimen.models.nodes import Json, Layer
from regimen.plan import Plan, Receipt
from regimen.remedies.remedy import Remedy, shown
from regimen.remedies.weights.kernels import layers_with_kernels, settings


def penalize(plan: Plan, remedy: Remedy, where: str, factor: float) -> tuple[Plan, Receipt]:
    """A penalty on the kernels of the chosen layers.

    Args:
        plan: to be changed.
        remedy: whose word is also Keras' name of the factor: ``l1`` or ``l2``.
        where: see `regimen.remedies.weights.kernels.layers_with_kernels`.
        factor: λ; 0 changes nothing.

    Raises:
        RemedyError: there is no such layer, or one has a penalty that this one cannot join.
    """
    layers = layers_with_kernels(plan.graph, where, remedy.word)
    if factor == 0:
        return plan, remedy.receipt()
    graph, changes = plan.graph, []
    for layer in layers:
        penalties = {
            name: _penalty({**_factors(layer, name, remedy.word), remedy.word: float(factor)})
            for name in settings(layer, "regularizer")
        }
        graph = graph.with_config(layer.key, **penalties)
        written = ", ".join(f"{name} = {_written(penalty)}" for name, penalty in penalties.items())
        changes.append(say("{layer}: {settings}", layer=layer.name, settings=written))
    return plan.with_graph(graph), remedy.receipt(*changes)


def _factors(layer: Layer, name: str, word: str) -> dict[str, float]:
    """The factors of the penalty that is there, by Keras' names of them.

    Raises:
        RemedyError: it is one of the same kind, or cannot be added to.
    """
    penalty = layer.config[name]
    if penalty is None:
        return {}
    known = penalty["class_name"] in ("L1", "L2", "L1L2") and penalty["module"] == "keras.regularizers"
    factors = {kind: value for kind, value in penalty["config"].items() if value} if known else {word: 0}
    if word in factors:
        raise RemedyError(
            f"{word}: layer {layer.name!r} already has a {name} ({penalty['class_name']}), which would be replaced. "
            "Leave it out with where=, or remove it from the model."
        )
    return factors


def _penalty(factors: dict[str, float]) -> Json:
    return {
        "module": "keras.regularizers",
        "class_name": "".join(sorted(factors)).upper(),
        "config": dict(sorted(factors.items())),
        "registered_name": None,
    }


def _written(penalty: Json) -> str:
    """``L2(0.001)`` or ``L1L2(l1=0.001, l2=0.01)``."""
    factors = penalty["config"]
    named = len(factors) > 1
    values = ", ".join(f"{kind}={shown(value)}" if named else shown(value) for kind, value in factors.items())
    return f"{penalty['class_name']}({values})"
