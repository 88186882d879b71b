"""What a study's directory says of it, for reports."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from regimen.study.planning import Trial


def describe(
    study: Any, trial: Trial, name: str, precision: str, workers: int, keys: Mapping[str, Mapping[int, str]]
) -> dict[str, Any]:
    """Plain data: ``keys`` are the keys of runs by arm and seed; dataset, setup and environment are (label, value)."""
    import keras
    import torch

    dataset, split, plan = trial.dataset, trial.split, trial.baseline
    height, width, channels = dataset.train.images.shape[1:]
    names = ", ".join(dataset.class_names[:10]) + (", …" if len(dataset.class_names) > 10 else "")
    optimizer = f"{plan.optimizer.name}, learning rate {plan.optimizer.learning_rate:g}"
    if plan.optimizer.momentum:
        kind = "Nesterov momentum" if plan.optimizer.nesterov else "momentum"
        optimizer += f", {kind} {plan.optimizer.momentum:g}"
    return {
        "name": name,
        "command": study.command,
        "margin": study.margin,
        "precision": precision,
        "keys": keys,
        "class_names": dataset.class_names,
        "notes": trial.notes,
        "dataset": [
            ("name", dataset.name),
            ("training images", f"{len(split.training):,}"),
            ("validation images", f"{len(split.validation):,}"),
            ("test images", f"{len(dataset.test.labels):,}" if dataset.test else "none"),
            ("image size", f"{height}×{width} pixels, {'RGB' if channels == 3 else 'grey'}"),
            ("classes", f"{len(dataset.class_names)}: {names}"),
            ("split", _split(study, dataset)),
            ("fingerprint", dataset.fingerprint[:16]),
        ],
        "setup": [
            ("layers", ", ".join(layer.name for layer in plan.graph.layers[1:])),
            ("loss", f"{plan.loss} cross-entropy"),
            ("optimizer", optimizer),
            ("epochs", str(plan.epochs)),
            ("batch size", str(plan.batch_size)),
            ("seeds", ", ".join(map(str, study.seed_list))),
            ("initial weights", "fresh for each seed" if plan.weights == "fresh" else "those of the model, kept"),
            ("scaling", _describe(plan.scaling)),
            ("precision", precision),
        ],
        "environment": [
            ("regimen", version("regimen")),
            ("keras", keras.__version__),
            ("torch", torch.__version__),
            ("python", platform.python_version()),
            ("system", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
            ("workers", f"{workers}, one thread per run"),
        ],
    }


def _split(study: Any, dataset: Any) -> str:
    if study.validation is None and dataset.given_validation is not None:
        return "the data's own validation part"
    return f"stratified, seed {study.split_seed}"


def _describe(scaling: Any) -> str:
    if scaling.kind == "standard":
        mean, std = (", ".join(f"{value:.1f}" for value in values) for values in (scaling.mean, scaling.std))
        return f"standard: (pixel − {mean}) / {std}, from the training images"
    return {"unit": "unit: pixel / 255", "none": "none: pixels 0–255"}[scaling.kind]
