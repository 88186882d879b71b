"""How a study scales pixels: chosen by the user, or by what the model does itself."""

import re
from typing import Any

import numpy as np

from regimen.data import Split
from regimen.errors import OptionError, nearest
from regimen.language import say
from regimen.models.graph import Graph
from regimen.plan import Scaling

SCALES = ("standard", "unit", "none")
MEASURED_ON = ("training", "all")
_APPLICATIONS = re.compile(r"(resnet|mobilenet|efficientnet|densenet|vgg1|xception|convnext|inception|nasnet)", re.I)


def scale_kind(graph: Graph, model: Any, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """The scaling that a study uses, and what to tell the user about it."""
    if wanted is not None and wanted not in SCALES:
        raise OptionError(f"There is no scaling {wanted!r}. {nearest(str(wanted), SCALES)}")
    scales_itself = _starts_with_scaling(graph)
    if wanted is not None:
        note = say("The model scales its images itself, and --scale {scale} scales them before that.", scale=wanted)
        return wanted, (note,) if scales_itself and wanted != "none" else ()
    if scales_itself:
        note = say("Images are passed unscaled (0–255): the model scales them itself ({layer}).", layer=scales_itself)
        return "none", (note,)
    names = [model.name, *(layer.name for layer in model.layers)]
    known = next((name for name in names if _APPLICATIONS.match(name)), None)
    if known is not None:
        note = say("Images are passed unscaled (0–255) to {network}; choose otherwise with --scale.", network=known)
        return "none", (note,)
    return "standard", ()


def _starts_with_scaling(graph: Graph) -> str:
    """Name of the Rescaling or Normalization at the start of a model, random augmentation aside."""
    for call in graph.calls[1:]:
        layer = graph.layer(call.layer)
        if layer.class_name in ("Rescaling", "Normalization"):
            return layer.name
        if not layer.class_name.startswith("Random"):
            break
    return ""


def measure(kind: str, images: np.ndarray, parts: Split, measured_on: str = "training") -> Scaling:
    """The scaling of a kind, with statistics of images where it needs them.

    Args:
        kind: ``standard`` (per channel), ``unit`` or ``none``.
        images: uint8 (N, H, W, C).
        parts: which of them train, which validate.
        measured_on: ``training`` takes the statistics of those that train, ``all`` of both.
    """
    if kind == "none":
        return Scaling()
    if kind == "unit":
        return Scaling("unit", (0.0,), (255.0,))
    used = parts.training if measured_on == "training" else np.union1d(parts.training, parts.validation)
    counts = np.zeros((images.shape[-1], 256), dtype=np.int64)  # how often each channel has each value
    for start in range(0, len(used), 256):
        pixels = images[used[start : start + 256]]
        for channel, count in enumerate(counts):
            count += np.bincount(pixels[..., channel].ravel(), minlength=256)
    values = np.arange(256)
    mean = counts @ values / counts.sum(axis=1)
    std = np.sqrt((counts * np.square(values - mean[:, None])).sum(axis=1) / counts.sum(axis=1))
    std[std == 0] = 1.0  # a channel without any contrast
    return Scaling("standard", tuple(mean.tolist()), tuple(std.tolist()), measured_on)
