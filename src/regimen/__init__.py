"""Controlled trials for overfitting: which remedy helps a Keras model on these images, by how much, and is it real?

Everything here is loaded on first use, so that ``import regimen`` costs nothing. It does one thing: Keras cannot be
imported without TensorFlow unless a backend is named, so it names torch where nobody has named one.
"""

import importlib
import os
import sys
from typing import Any

if "keras" not in sys.modules:
    os.environ.setdefault("KERAS_BACKEND", "torch")

_HOME = {
    "BatchNorm": "regimen.remedies",
    "ClipNorm": "regimen.remedies",
    "ColorJitter": "regimen.remedies",
    "CosineDecay": "regimen.remedies",
    "CutMix": "regimen.remedies",
    "Cutout": "regimen.remedies",
    "Dataset": "regimen.data",
    "Dropout": "regimen.remedies",
    "EarlyStopping": "regimen.remedies",
    "Flip": "regimen.remedies",
    "GaussianNoise": "regimen.remedies",
    "GlobalPooling": "regimen.remedies",
    "Graph": "regimen.models",
    "GroupNorm": "regimen.remedies",
    "L1": "regimen.remedies",
    "L2": "regimen.remedies",
    "LabelSmoothing": "regimen.remedies",
    "MaxNorm": "regimen.remedies",
    "Mixup": "regimen.remedies",
    "Narrower": "regimen.remedies",
    "OneCycle": "regimen.remedies",
    "OverfittingMonitor": "regimen.diagnosis.monitor",
    "Plateau": "regimen.remedies",
    "RandAugment": "regimen.remedies",
    "RegimenError": "regimen.errors",
    "Rotate": "regimen.remedies",
    "Search": "regimen.search",
    "SearchResult": "regimen.search",
    "Shift": "regimen.remedies",
    "SpatialDropout": "regimen.remedies",
    "StochasticDepth": "regimen.remedies",
    "Study": "regimen.study",
    "StudyResult": "regimen.study",
    "WeightAveraging": "regimen.remedies",
    "WeightDecay": "regimen.remedies",
    "Zoom": "regimen.remedies",
    "diagnose": "regimen.diagnosis",
    "doses": "regimen.remedies",
    "explain": "regimen.explanation",
    "load": "regimen.data",
    "load_result": "regimen.study",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'regimen' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
