"""Code to copy: an arm as text for ``--arm``, in Python, and as the lines of plain Keras that make the same change."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from regimen.errors import RegimenError
from regimen.language import listing, say
from regimen.models.code import layer_code
from regimen.models.graph import Graph
from regimen.models.nodes import Call, Layer
from regimen.plan import Arm, Plan
from regimen.remedies import Remedy, parse_arms
from regimen.report.details import ArmCode, CodeLine
from regimen.study.families import remedy_of
from regimen.study.image_code import IMAGES, mixing_lines, transform_lines
from regimen.study.training_code import TRAINING, training_lines


def code_of_arms(arms: Sequence[Arm]) -> dict[str, ArmCode]:
    """The code of every arm but the baseline, which is the first. Loads keras."""
    baseline, *others = arms
    remedies = {arm.name: (arm, remedy_of(arm)) for arm in others}
    return {
        name: ArmCode(arm_text(name, remedy), remedy.python, keras_lines(baseline.plan, arm.plan))
        for name, (arm, remedy) in remedies.items()
        if remedy is not None
    }


def code_to_json(code: Mapping[str, ArmCode]) -> dict[str, Any]:
    """Plain data, and messages in it."""
    return {
        name: {"arm": one.arm, "python": one.python, "keras": [(line.code, line.note) for line in one.keras]}
        for name, one in code.items()
    }


def code_from_json(data: Mapping[str, Any]) -> dict[str, ArmCode]:
    """The inverse of `code_to_json`."""
    return {
        name: ArmCode(one["arm"], one["python"], tuple(CodeLine(*line) for line in one["keras"]))
        for name, one in data.items()
    }


def arm_text(name: str, remedy: Remedy) -> str:
    """What ``--arm`` takes to make an arm, of this name where a name can be written.

    >>> from regimen.remedies import Dropout
    >>> arm_text("dropout=0.3", Dropout(0.3)), arm_text("strong", Dropout(0.3))
    ('dropout=0.3', 'strong: dropout=0.3')
    """
    for text in (str(remedy), name if "=" in name else "", f"{name}: {remedy}"):
        try:
            if parse_arms(text) == {name: remedy}:
                return text
        except RegimenError:
            continue
    return str(remedy)


def keras_lines(baseline: Plan, plan: Plan) -> tuple[CodeLine, ...]:
    """The lines of plain Keras that turn the baseline's model and training into an arm's."""
    lines = [*transform_lines(baseline, plan), *_layers(baseline.graph, plan.graph)]
    lines += [*mixing_lines(baseline, plan), *training_lines(baseline, plan)]
    told = ("graph", *IMAGES, *TRAINING)
    for name in (item.name for item in fields(Plan) if item.name not in told):
        before, now = str(getattr(baseline, name)), str(getattr(plan, name))
        if before != now:
            note = say("{setting}: {now} instead of {before}", setting=name, now=now, before=before)
            lines.append(CodeLine("", note))
    return tuple(lines)


# Layers


def _layers(before: Graph, after: Graph) -> Iterator[CodeLine]:
    known, told = {layer.key: layer for layer in before.layers}, set()
    for call in after.calls:
        layer = after.layer(call.layer)
        if layer.key in told or layer == known.get(layer.key):
            continue
        told.add(layer.key)
        old = known.get(layer.key)
        note = _place(after, call) if old is None else say("changed: {settings}", settings=_changes(old, layer))
        yield CodeLine(_called(layer, after.calls_of(layer.key)), note)
    for layer in before.layers:
        if layer.key not in {other.key for other in after.layers}:
            yield CodeLine("", say("{layer}: left out", layer=layer.name))


def _called(layer: Layer, calls: Sequence[Call]) -> str:
    """The layer called with ``x``; a layer with several inputs or calls is made only, and called as it was."""
    made = layer_code(layer)
    if len(calls) == 1 and len(calls[0].refs()) == 1 and len(calls[0].args) == 1 and not calls[0].kwargs:
        training = "" if calls[0].training is None else f", training={calls[0].training}"
        return f"x = {made}(x{training})"
    name = re.sub(r"\W|^(?=\d)", "_", layer.name)
    return f"{name} = {made}"


def _place(graph: Graph, call: Call) -> str:
    """Where a new layer stands."""
    sources = [graph.layer(graph.call(ref.call).layer) for ref in call.refs()]
    if any(source.class_name == "InputLayer" for source in sources):
        return say("new, right after the input")
    before = listing([source.name for source in sources])
    if all(graph.consumers(ref.call) == [call] for ref in call.refs()):
        return say("new, after {layer}", layer=before)
    following = [graph.layer(consumer.layer).name for consumer in graph.consumers(call.id)]
    return say("new, between {before} and {after}", before=before, after=listing(following))


def _changes(old: Layer, new: Layer) -> str:
    names = [name for name in {**old.config, **new.config} if old.config.get(name) != new.config.get(name)]
    return listing(names if old.kind == new.kind else ["class", *names])
