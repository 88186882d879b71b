"""The lines of plain Keras that change a training as an arm does: loss, optimizer with its schedule, callbacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regimen.engine.keras_schedules import KERAS_SCHEDULES
from regimen.language import join, say
from regimen.models.nodes import Layer
from regimen.models.output import final_activation
from regimen.plan import Optimizer, Plan, Schedule, Stopping
from regimen.report.details import CodeLine
from regimen.study.fidelity import fidelity

TRAINING = ("label_smoothing", "optimizer", "schedule", "averaging", "stopping")
"""The parts of a plan that these lines are about."""

_CLASSES = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
_OWN = {
    "adam": ("beta_1", "beta_2", "epsilon"),
    "rmsprop": ("rho", "momentum", "epsilon", "centered"),
    "sgd": ("momentum", "nesterov"),
}
_CLIPPING = ("global_clipnorm", "clipnorm", "clipvalue")


@dataclass(frozen=True)
class _Callback:
    code: str
    differences: tuple[str, ...] = ()  # from what was done here


def training_lines(baseline: Plan, plan: Plan) -> Iterator[CodeLine]:
    """The lines, where two plans differ. ``steps_per_epoch`` in them is the number of batches of an epoch."""
    if (plan.label_smoothing, plan.mixing) != (baseline.label_smoothing, baseline.mixing):
        yield _loss(plan)
    told = [(one.optimizer, _fixed(one.schedule), one.averaging) for one in (baseline, plan)]
    if told[0] != told[1]:
        yield from _optimizer(plan)
    callbacks = []
    if plan.averaging and plan.averaging != baseline.averaging:
        callbacks.append(_Callback("keras.callbacks.SwapEMAWeights(swap_on_epoch=True)"))
    if plan.schedule is not None and plan.schedule.kind == "plateau" and plan.schedule != baseline.schedule:
        callbacks.append(_plateau(plan.schedule.settings, plan))
    if plan.stopping is not None and plan.stopping != baseline.stopping:
        callbacks.append(_stopping(plan.stopping, plan))
    if callbacks:
        code = f"callbacks = [{', '.join(callback.code for callback in callbacks)}]"
        differences = list(dict.fromkeys(one for callback in callbacks for one in callback.differences))
        yield CodeLine(code, join([say("new, for model.fit(…, callbacks=callbacks)"), fidelity(differences)], "; "))


def _loss(plan: Plan) -> CodeLine:
    activation, _ = final_activation(plan.graph)
    arguments = ["from_logits=True"] if activation == "linear" else []
    arguments += [f"label_smoothing={plan.label_smoothing!r}"] if plan.label_smoothing else []
    if plan.loss == "binary":
        return CodeLine(f"loss = keras.losses.BinaryCrossentropy({', '.join(arguments)})", say("for model.compile"))
    note = say("for model.compile; takes one-hot labels: {code}", code="keras.utils.to_categorical(labels)")
    return CodeLine(f"loss = keras.losses.CategoricalCrossentropy({', '.join(arguments)})", note)


# Optimizer


def _fixed(schedule: Schedule | None) -> Schedule | None:
    """A schedule that is laid out beforehand, which belongs to the optimizer; the other is a callback."""
    return None if schedule is None or schedule.kind == "plateau" else schedule


def _optimizer(plan: Plan) -> Iterator[CodeLine]:
    settings = plan.optimizer
    arguments = [_rate(settings.learning_rate, _fixed(plan.schedule), plan.epochs), *_own_arguments(settings)]
    if settings.weight_decay:
        arguments.append(f"weight_decay={settings.weight_decay!r}")
    arguments += [f"{name}={limit!r}" for name in _CLIPPING if (limit := getattr(settings, name)) is not None]
    if plan.averaging:
        arguments.append(f"use_ema=True, ema_momentum={plan.averaging!r}")
    name = "AdamW" if settings.weight_decay and settings.name == "adam" else _CLASSES[settings.name]
    schedule = _fixed(plan.schedule)
    differences = (
        [say("the rate rises linearly and ends at 0, where here both parts follow a cosine and it ends just above 0")]
        if schedule is not None and schedule.kind == "onecycle"
        else []
    )
    note = join([say("for model.compile"), fidelity(differences)], "; ")
    yield CodeLine(f"optimizer = keras.optimizers.{name}({', '.join(arguments)})", note)
    if settings.weight_decay and settings.undecayed:
        code = f"optimizer.exclude_from_weight_decay(var_names={list(settings.undecayed)!r})"
        yield CodeLine(code, say("before model.fit"))
    if settings.weight_decay and settings.decayed:
        names = [plan.graph.layer(key).name for key in settings.decayed]
        yield CodeLine(f"decayed = {names!r}", say("the layers whose kernels decay, but not their biases"))
        yield CodeLine(
            "optimizer.exclude_from_weight_decay([weight for weight in model.trainable_weights "
            'if weight.path.split("/")[-2] not in decayed or "bias" in weight.name])',
            say("before model.fit"),
        )


def _own_arguments(settings: Optimizer) -> list[str]:
    """What differs from Keras' defaults of the optimizer's class."""
    default = Optimizer()
    return [
        f"{name}={value!r}"
        for name in _OWN[settings.name]
        if (value := getattr(settings, name)) != getattr(default, name)
    ]


def _rate(rate: float, schedule: Schedule | None, epochs: int) -> str:
    """The learning rate, or the schedule in its place."""
    if schedule is None:
        return repr(rate)
    if schedule.kind in KERAS_SCHEDULES:
        settings = ", ".join(f"{name}={value!r}" for name, value in schedule.settings.items())
        return f"keras.optimizers.schedules.{schedule.kind}({settings})"
    steps = f"{epochs} * steps_per_epoch"
    if schedule.kind == "onecycle":
        peak, rise = schedule.settings["peak"] * rate, schedule.settings["rise"]
        start, target, rising, floor = f"{peak!r} / 25", peak, f"round({rise!r} * {steps})", ""
    else:
        warmup, end = schedule.settings["warmup"], schedule.settings["floor"]
        floor = f", alpha={end!r}" if end else ""
        if not warmup:
            return f"keras.optimizers.schedules.CosineDecay({rate!r}, {steps}{floor})"
        start, target, rising = "0.0", rate, f"round({warmup!r} * {steps})"
    return (
        f"keras.optimizers.schedules.CosineDecay({start}, {steps} - {rising}{floor}, warmup_target={target!r}, "
        f"warmup_steps={rising})"
    )


# Callbacks


def _plateau(settings: Mapping[str, Any], plan: Plan) -> _Callback:
    code = (
        f'keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor={settings["factor"]!r}, '
        f"patience={settings['patience']}, min_delta=0)"
    )
    return _Callback(code, _differences_of_val_loss(plan))


def _stopping(stopping: Stopping, plan: Plan) -> _Callback:
    """Keras' callback, and where it differs from the rule here."""
    delta = f", min_delta={stopping.min_delta!r}" if stopping.min_delta else ""
    restore = ", restore_best_weights=True" if stopping.restore_best else ""
    code = f'keras.callbacks.EarlyStopping(monitor="val_loss", patience={stopping.patience}{delta}{restore})'
    differences = _differences_of_val_loss(plan)
    if stopping.min_delta and stopping.restore_best:
        differences += (say("Keras goes back to the last epoch that was better by min_delta, not to the lowest loss"),)
    return _Callback(code, differences)


def _differences_of_val_loss(plan: Plan) -> tuple[str, ...]:
    """How what Keras' callbacks watch differs from clean_val_loss."""
    differences = []
    if any(map(_is_penalized, plan.graph.layers)):
        differences.append(say("val_loss in Keras holds the penalties"))
    if plan.label_smoothing:
        differences.append(say("val_loss in Keras holds the label smoothing"))
    return tuple(differences)


def _is_penalized(layer: Layer) -> bool:
    """Whether a layer adds to the loss."""
    return layer.class_name == "ActivityRegularization" or any(
        value for name, value in layer.config.items() if name.endswith("_regularizer")
    )
