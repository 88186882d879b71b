"""What a study's directory says of it, for reports."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from regimen.engine.class_weights import weights_per_class
from regimen.engine.schedules import learning_rate
from regimen.language import join, listing, say
from regimen.plan import Optimizer, Plan, Scaling
from regimen.study.code import code_of_arms, code_to_json
from regimen.study.planning import Trial

_AS_IN_KERAS = ("clipnorm", "clipvalue", "global_clipnorm", "beta_1", "beta_2", "rho", "epsilon", "centered")
"""Settings of optimizers that are called as Keras calls them."""
_USUAL = Optimizer()


def describe(
    study: Any, trial: Trial, name: str, workers: int, keys: Mapping[str, Mapping[int, str]]
) -> dict[str, Any]:
    """Plain data: ``keys`` are the keys of runs by arm and seed; dataset, setup and environment are (label, value)."""
    import keras
    import torch

    dataset, split, plan = trial.dataset, trial.split, trial.baseline
    names = ", ".join(dataset.class_names[:10]) + (", …" if len(dataset.class_names) > 10 else "")
    return {
        "name": name,
        "command": study.command,
        "margin": study.margin,
        "precision": plan.precision,
        "device": plan.device,
        "keys": keys,
        "looks": [len(seeds) for seeds in study.looks] if study.until_decided else [],
        "class_names": dataset.class_names,
        "notes": trial.notes,
        "code": code_to_json(code_of_arms(trial.arms)),
        "dataset": [
            (say("name"), dataset.name),
            (say("training images"), f"{len(split.training):,}"),
            (say("validation images"), f"{len(split.validation):,}"),
            (say("test images"), f"{len(dataset.test.labels):,}" if dataset.test else say("none")),
            (say("image size"), _image_size(*dataset.train.images.shape[1:])),
            (say("classes"), f"{len(dataset.class_names)}: {names}"),
            (say("split"), trial.division),
            (say("fingerprint"), dataset.fingerprint[:16]),
        ],
        "setup": [
            (say("layers"), ", ".join(layer.name for layer in plan.graph.layers[1:])),
            (say("loss"), _loss(plan.loss)),
            *([(say("class weights"), _class_weights(trial))] if plan.class_weights else []),
            (say("optimizer"), _optimizer(plan, plan.steps(len(split.training)))),
            (say("epochs"), str(plan.epochs)),
            (say("batch size"), str(plan.batch_size)),
            *([(say("order of images"), say("the same in every epoch"))] if plan.shuffle == "once" else []),
            (say("seeds"), ", ".join(map(str, next(iter(keys.values()))))),
            (say("initial weights"), _weights(plan.weights)),
            (say("scaling"), _scaling(plan.scaling)),
            (say("precision"), plan.precision),
            *([(say("device"), plan.device)] if plan.device != "cpu" else []),
        ],
        "environment": [
            ("regimen", version("regimen")),
            ("keras", keras.__version__),
            ("torch", torch.__version__),
            ("python", platform.python_version()),
            (say("system"), _system()),
            (say("workers"), say("{number}, one thread per run", number=workers)),
        ],
    }


def _image_size(height: int, width: int, channels: int) -> str:
    if channels == 3:
        return say("{height}×{width} pixels, RGB", height=height, width=width)
    return say("{height}×{width} pixels, grey", height=height, width=width)


def _loss(loss: str) -> str:
    return say("categorical cross-entropy") if loss == "categorical" else say("binary cross-entropy")


def _class_weights(trial: Trial) -> str:
    wanted, names = trial.baseline.class_weights, trial.dataset.class_names
    weights = weights_per_class(wanted, trial.dataset.train.labels[trial.split.training], len(names))
    told = join([f"{name} {weight:.3g}" for name, weight in zip(names[:10], weights, strict=False)], ", ")
    more = say("{weights}, …", weights=told) if len(names) > 10 else told
    return say("balanced: {weights}", weights=more) if wanted == "balanced" else more


def _optimizer(plan: Plan, steps: int) -> str:
    optimizer = plan.optimizer
    name = "adamw" if optimizer.name == "adam" and optimizer.weight_decay else optimizer.name
    first, last = (f"{learning_rate(plan, step, steps, ()):.3g}" for step in (0, steps - 1))
    if plan.schedule is None:
        parts = [say("{name}, learning rate {rate}", name=name, rate=f"{optimizer.learning_rate:g}")]
    else:
        told = {"name": name, "schedule": plan.schedule.kind, "first": first, "last": last, "steps": f"{steps:,}"}
        parts = [say("{name}, learning rate {first} to {last} by {schedule} ({steps} steps)", **told)]
    momentum, decay = f"{optimizer.momentum:g}", f"{optimizer.weight_decay:g}"
    if optimizer.nesterov and optimizer.momentum:
        parts.append(say("Nesterov momentum {momentum}", momentum=momentum))
    elif optimizer.momentum:
        parts.append(say("momentum {momentum}", momentum=momentum))
    if optimizer.weight_decay and optimizer.undecayed:
        names = listing(optimizer.undecayed)
        parts.append(say("weight decay {decay}, not of {names}", decay=decay, names=names))
    elif optimizer.weight_decay:
        parts.append(say("weight decay {decay}", decay=decay))
    for name in _AS_IN_KERAS:
        value = getattr(optimizer, name)
        if value != getattr(_USUAL, name):
            parts.append(name if value is True else f"{name} {value:g}")
    return join(parts, ", ")


def _weights(weights: str) -> str:
    return say("fresh for each seed") if weights == "fresh" else say("those of the model, kept")


def _scaling(scaling: Scaling) -> str:
    if scaling.kind == "standard":
        mean, std = (", ".join(f"{value:.1f}" for value in values) for values in (scaling.mean, scaling.std))
        if scaling.measured_on == "all":
            return say("standard: (pixel − {mean}) / {std}, from training and validation images", mean=mean, std=std)
        return say("standard: (pixel − {mean}) / {std}, from the training images", mean=mean, std=std)
    return say("unit: pixel / 255") if scaling.kind == "unit" else say("none: pixels 0–255")


def _system() -> str:
    machine = f"{platform.system()} {platform.machine()}"
    return say("{machine}, {cores} cores", machine=machine, cores=os.cpu_count())
