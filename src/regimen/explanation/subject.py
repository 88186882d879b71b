"""The model that a remedy is explained on, as a plan."""

from typing import Any

from regimen.errors import OptionError
from regimen.models import Graph, find_model
from regimen.models.networks import natural_shape
from regimen.models.output import read_output
from regimen.models.source import shaped, wanted_shape
from regimen.plan import Plan, Scaling
from regimen.remedies.where import is_frozen
from regimen.study.initial_weights import kept_weights, weights_hash
from regimen.study.scaling import scale_kind

_SHAPE, _CLASSES = (64, 64, 3), 10
"""Where neither the model nor the user says."""
_PIXELS, _MOST_CLASSES = 4096, 100_000
"""More than these would only fill the memory."""
_SCALING = Scaling("standard", (127.5,), (64.0,))
"""In the place of the statistics of training images, which are not known here."""


def plan_of(
    model: Any, image_size: int | tuple[int, int] | None, channels: int | None, classes: int | None
) -> Plan | None:
    """The plan of a model with the settings of a study's defaults; None for None.

    Args:
        model: what `regimen.models.source.find_model` takes.
        image_size: pixels, for a model that takes any.
        channels: likewise.
        classes: for a model that is yet to be built.

    Raises:
        ModelError: the model cannot be found, read or built, or its output does not fit.
        OptionError: a setting that does not fit the model, is out of range, or is given without one.
    """
    asked = {"image_size": image_size, "channels": channels, "classes": classes}
    if model is None:
        given = [name.replace("_", " ") for name, value in asked.items() if value is not None]
        if given:
            raise OptionError(f"The {' and '.join(given)} describe a model, and there is none: name one, or leave out.")
        return None
    size = (image_size, image_size) if isinstance(image_size, int) else image_size or (None, None)
    wishes = (*size, channels)
    for name, least, most, value in (
        ("image size", 1, _PIXELS, size[0]),
        ("image size", 1, _PIXELS, size[1]),
        ("number of classes", 2, _MOST_CLASSES, classes),
    ):
        if value is not None and not least <= value <= most:
            raise OptionError(f"The {name} must be from {least} to {most:,}; received {value}.")
    if channels not in (None, 1, 3):
        raise OptionError(f"channels must be 1 (grey) or 3 (RGB); received {channels}.")
    found = find_model(model)
    defaults = (isinstance(model, str) and natural_shape(model)) or _SHAPE
    built = shaped(found, _shape(wanted_shape(found), wishes, defaults), classes or _CLASSES)
    graph = Graph.from_keras(built)
    graph = graph.with_input_shape(*_shape(graph.input_shape, wishes, defaults))
    output = read_output(graph, classes or max(graph.output_shape[-1], 2))
    weights = "fresh"
    if any(map(is_frozen, graph.layers)):  # a study would ask; they are frozen to be kept
        weights = weights_hash(kept_weights(built, graph, "keep"))
    kind, _ = scale_kind(graph, built, None)
    return Plan(graph, loss=output.loss, scaling=Scaling() if kind == "none" else _SCALING, weights=weights)


def _shape(taken: tuple, wishes: tuple, defaults: tuple[int, int, int]) -> tuple[int, int, int]:
    """Height, width and channels: the model's own, else the user's, else the default."""
    for name, mine, wish in zip(("height", "width", "number of channels"), taken, wishes, strict=True):
        if None not in (mine, wish) and mine != wish:
            raise OptionError(f"The model takes images with a {name} of {mine}; received {wish}. Leave it out.")
    return tuple(mine or wish or usual for mine, wish, usual in zip(taken, wishes, defaults, strict=True))
