"""`explain`: the card of a remedy, or what it would change in a model."""

import ast
import inspect
from typing import Any

from regimen.errors import RemedyError
from regimen.explanation.result import Explanation
from regimen.explanation.subject import plan_of
from regimen.language import say
from regimen.models.script import script
from regimen.plan import Plan, Receipt
from regimen.remedies import FAMILIES, REMEDIES, Combination, Remedy, parse_arms
from regimen.report.changes import Change
from regimen.report.details import CodeLine
from regimen.study.best import with_raw_input
from regimen.study.cards import card_of
from regimen.study.code import keras_lines


def explain(
    remedy: str | Remedy | type[Remedy],
    model: Any = None,
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> Explanation:
    """What a remedy is; with a model, what it would change there, layer by layer, and the code of the changed model.

    Args:
        remedy: its word, or an arm as ``--arm`` takes it (``"dropout=0.3 + l2"``); a remedy, or its class.
        model: what `regimen.Study` takes; None shows the remedy's card.
        image_size: pixels, a number or (height, width), for a model that takes any; by default what a built-in
            network was made for, else 64.
        channels: 1 or 3, likewise; by default 3.
        classes: for a model that is yet to be built; by default 10.

    Returns:
        What can be printed, and shows itself in a notebook.

    Raises:
        RemedyError: an unknown remedy, or one that has no place in the model.
        ModelError: the model cannot be found, read or built.
        OptionError: a size, channels or classes that do not fit the model, or are given without one.

    >>> "probability" in str(explain("dropout"))
    True
    """
    chosen = _remedy(remedy)
    if model is None:
        words = dict.fromkeys(part.word for part in chosen.parts)
        plan_of(None, image_size, channels, classes)
        return Explanation(tuple(card_of(REMEDIES[word]) for word in words))
    plan = plan_of(model, image_size, channels, classes)
    changed, receipts = plan, []
    for part in chosen.parts:
        changed, receipt = part.apply(changed)
        receipts.append(receipt)
    changed.graph.check()
    return Explanation(change=_change(chosen, plan, changed, receipts))


def remedies_by_family() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(family, (word, what the remedy does) of each member), in the order in which they are listed."""
    return tuple((family, tuple((each.word, each.card.what) for each in found)) for family, found in FAMILIES.items())


def _remedy(given: Any) -> Remedy:
    if isinstance(given, str):
        arms = parse_arms(given)
        if len(arms) > 1:
            raise RemedyError(f"explain takes one remedy; {given!r} makes {len(arms)} arms. Choose one of the values.")
        return next(iter(arms.values()))
    if inspect.isclass(given) and issubclass(given, Remedy) and not inspect.isabstract(given) and given != Combination:
        given = given()
    if not isinstance(given, Remedy):
        raise RemedyError(f'explain takes a remedy or its word, such as "dropout"; received {given!r}.')
    unknown = [part for part in given.parts if REMEDIES.get(part.word) is not type(part)]
    if unknown:
        raise RemedyError(f"{type(unknown[0]).__name__} is not one of regimen's remedies: there is no card of it.")
    return given


def _change(remedy: Remedy, plan: Plan, changed: Plan, receipts: list[Receipt]) -> Change:
    height, width, channels = plan.graph.input_shape
    (units,) = plan.graph.output_shape
    return Change(
        arm=str(remedy),
        python=remedy.python,
        subject=say(
            "in a model for images of {height}×{width}×{channels} and {classes} classes",
            height=height,
            width=width,
            channels=channels,
            classes=max(units, 2),
        ),
        receipts=tuple((receipt.remedy, receipt.changes) for receipt in receipts),
        code=_code(plan, changed),
    )


def _code(plan: Plan, changed: Plan) -> tuple[CodeLine, ...]:
    """The script of the changed model, then the lines that change its training."""
    lines = keras_lines(plan.with_graph(changed.graph), changed)
    on_images = {line.code: line.note for line in lines if line.code.startswith("x = ")}
    graph = with_raw_input(changed.graph, changed.scaling)
    built = script(graph, list(on_images)).splitlines()
    training = [_runnable(line) for line in lines if line.code not in on_images]
    if any("steps_per_epoch" in line.code for line in training):
        note = say("batches of an epoch: your training images / {batch_size}", batch_size=changed.batch_size)
        training.insert(0, CodeLine("steps_per_epoch = 1000", note))
    notes = dict(on_images)
    if graph is not changed.graph:
        scaling = next(line for line in built if "keras.layers.Normalization(" in line)
        notes[scaling] = say("scaling: take mean and variance of your training images")
    model = [CodeLine(line, notes.get(line, "")) for line in built]
    if plan.weights != "fresh":
        note = say("its frozen layers have new weights here: give them those of your layers of the same names")
        model.append(CodeLine("", note))
    heading = [CodeLine(""), CodeLine("", say("its training"))] if training else []
    return (*model, *heading, *training)


def _runnable(line: CodeLine) -> CodeLine:
    """The line, commented out where it needs training data, which the script does not have."""
    names = {node.id for node in ast.walk(ast.parse(line.code)) if isinstance(node, ast.Name)}
    return CodeLine("", str(line)) if names & {"images", "labels"} else line
