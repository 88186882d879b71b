"""The lines of plain Keras that change training images as an arm does: layers for images, and blends of batches."""

from collections.abc import Callable, Iterator

import numpy as np

from regimen.language import join, say
from regimen.plan import Mixing, Plan, Transform
from regimen.report.details import CodeLine
from regimen.study.fidelity import fidelity

IMAGES = ("transforms", "mixing")
"""The parts of a plan that these lines are about."""

Shape = tuple[int | None, int | None, int]
"""Height, width and channels of an image."""

FILL_MODES = {"edge": "nearest", "black": "constant", "reflect": "reflect"}
"""Fill → ``fill_mode`` of Keras' layers."""


def transform_lines(baseline: Plan, plan: Plan) -> Iterator[CodeLine]:
    """The preprocessing layers for the transforms that the baseline has not."""
    for transform in plan.transforms[len(baseline.transforms) :]:
        yield _transform(transform, plan.graph.input_shape)


def mixing_lines(baseline: Plan, plan: Plan) -> Iterator[CodeLine]:
    """The layer that blends batches, where two plans differ in it."""
    if plan.mixing == baseline.mixing:
        return
    layers = [_mixing(mixing) for mixing in plan.mixing]
    mix = layers[0] if len(layers) == 1 else f"random.choice([{', '.join(layers)}])"
    note = (
        say("on each batch of training images and labels, the latter as one column")
        if plan.loss == "binary"
        else say("on each batch of training images and one-hot labels")
    )
    anew = say("drawn for each batch, after import random") if len(layers) > 1 else ""
    note = join([note, anew, fidelity(list(_differences(plan)))], "; ")
    yield CodeLine(f'batch = {mix}({{"images": images, "labels": labels}}, training=True)', note)


# Transforms


def _transform(transform: Transform, shape: Shape) -> CodeLine:
    """The preprocessing layer that changes training images alike, and how alike."""
    if transform.kind not in _LAYERS:
        values = ", ".join(f"{name}={value}" for name, value in transform.settings.items())
        note = say(
            "training images: {kind} ({values}), for which Keras has no layer", kind=transform.kind, values=values
        )
        return CodeLine("", note)
    layer, *differences = _LAYERS[transform.kind](shape, **transform.settings)
    place = say("new, right after the input, on pixels 0–255")
    return CodeLine(f"x = keras.layers.{layer}(x)", join([place, fidelity(differences)], "; "))


# Each takes a transform's settings and returns the code of a layer, and how what it does differs.


def _flip(shape: Shape, probability: float, direction: str) -> list[str]:
    code = f'RandomFlip("{direction}")'
    if probability == 0.5:
        return [code]
    return [code, say("it swaps half of the images, not {percent} %", percent=f"{100 * probability:g}")]


def _shift(shape: Shape, rows: int, columns: int, fill: str) -> list[str]:
    # Uniform to half a pixel more, then rounded: every whole number of pixels is equally likely.
    factors = (f"{most}.5 / {side}" if most else "0" for most, side in zip((rows, columns), shape[:2], strict=True))
    code = f'RandomTranslation({", ".join(factors)}, fill_mode="{FILL_MODES[fill]}", interpolation="nearest")'
    return [code, *_reflection(fill)]


def _rotate(shape: Shape, degrees: float, fill: str) -> list[str]:
    return [f'RandomRotation({degrees:.6g} / 360, fill_mode="{FILL_MODES[fill]}")', *_reflection(fill)]


def _zoom(shape: Shape, fraction: float, fill: str) -> list[str]:
    return [f'RandomZoom({fraction!r}, fill_mode="{FILL_MODES[fill]}")', *_reflection(fill)]


def _reflection(fill: str) -> list[str]:
    return [say("it repeats the outermost pixel where it reflects")] if fill == "reflect" else []


def _colorjitter(shape: Shape, amount: float) -> list[str]:
    factors = f"(0, 255), brightness_factor={amount!r}, contrast_factor=({amount!r}, {amount!r})"
    differences = [say("it adds to brightness where here it is multiplied")]
    if shape[-1] == 3:
        least, most = ((1 + change) / (2 + change) for change in (-amount, amount))
        factors += f", saturation_factor=({least:.6g}, {most:.6g})"
        differences += [
            say("it takes the contrast of each channel by itself"),
            say("it changes saturation in HSV, without an end at 0 and 255"),
        ]
    return [f"RandomColorJitter({factors})", *differences]


def _cutout(shape: Shape, rows: int, columns: int, color: list[float]) -> list[str]:
    area = rows * columns / (shape[0] * shape[1])
    fill = tuple(round(value, 3) for value in color) if len(color) == 3 else round(float(np.mean(color)), 3)
    code = f"RandomErasing(factor=(1.0, 1.0), scale=({area:.6g}, {area:.6g}), fill_value={fill})"
    return [code, say("it keeps the square within the image")]


def _randaugment(shape: Shape, magnitude: float, operations: int, color: list[float]) -> list[str]:
    factor = 0.03 * magnitude  # that of the paper for slanted images
    return [
        f"RandAugment(num_ops={operations}, factor={factor:.6g})",
        say("it draws the operations once for a whole batch, from eleven of its own"),
        say("turns reach {degrees}°", degrees=f"{360 * factor:g}"),
        say("what moves in at the border is a reflection"),
    ]


_LAYERS: dict[str, Callable[..., list[str]]] = {
    "colorjitter": _colorjitter,
    "cutout": _cutout,
    "flip": _flip,
    "randaugment": _randaugment,
    "rotate": _rotate,
    "shift": _shift,
    "zoom": _zoom,
}


# Blends


def _mixing(mixing: Mixing) -> str:
    if mixing.kind == "mixup":
        return f"keras.layers.MixUp(alpha={mixing.alpha!r})"
    factor = min(mixing.alpha, 1.0)
    return f"keras.layers.CutMix(factor=({factor!r}, {factor!r}))"


def _differences(plan: Plan) -> Iterator[str]:
    if plan.transforms:
        yield say("layers that change images in the model come after it, where here they come before")
    for mixing in plan.mixing:
        if mixing.probability < 1:
            percent = f"{100 * mixing.probability:g}"
            yield say("{kind} blends all of its batches, not {percent} %", kind=mixing.kind, percent=percent)
        if mixing.kind == "cutmix":
            yield say("the rectangle stays within the image")
            if mixing.alpha > 1:
                yield say("the factor is at most 1, not {alpha}", alpha=f"{mixing.alpha:g}")
