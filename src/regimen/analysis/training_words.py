"""The sentences of one training's diagnosis."""

import math

import numpy as np

from regimen.analysis.training_verdict import TrainingDiagnosis, TrainingVerdict
from regimen.language import Message, join, plural, say

_LEAST_TREND = 0.0005  # points per epoch below which a gap is called steady, as a fraction


def summary(found: TrainingDiagnosis) -> Message:
    """The answer: the verdict, what shows it, where to stop, and the gap."""
    return join([_verdict(found), _stop(found), _gap(found)])


def remarks(found: TrainingDiagnosis) -> tuple[Message, ...]:
    """What the answer rests on and what it hides."""
    if found.verdict is TrainingVerdict.UNKNOWN:
        return ()
    said = [_hidden(found), _penalties(found), _images(found)]
    said.append(say("A single run carries no interval: with another seed the epochs and the numbers would differ."))
    return tuple(message for message in said if message)


def _verdict(found: TrainingDiagnosis) -> Message:
    last, epochs = int(found.epochs[-1]), len(found.epochs)
    match found.verdict:
        case TrainingVerdict.OVERFITS:
            return _overfits(found)
        case TrainingVerdict.UNDERFITS:
            return say(
                "It stopped too early: validation loss was still falling at epoch {last}, and nothing shows "
                "overfitting. Train longer.",
                last=last,
            )
        case TrainingVerdict.FINE:
            return say(
                "It is fine: validation loss has stopped falling and {rise}. Whether a larger model would do better is "
                "not in these curves.",
                rise=_rise(found),
            )
        case TrainingVerdict.TOO_SHORT if found.risen_for:
            return plural(
                found.risen_for,
                "It is too early to say: validation loss was lowest at epoch {stop} ({lowest}), and {number} epoch at "
                "the end lies clearly above that ({end}); 3 are needed to call it overfitting. Keep the weights of "
                "epoch {stop}, or train on to see.",
                "It is too early to say: validation loss was lowest at epoch {stop} ({lowest}), and {number} epochs at "
                "the end lie clearly above that ({end} in the last); 3 are needed to call it overfitting. Keep the "
                "weights of epoch {stop}, or train on to see.",
                stop=found.stop_epoch,
                lowest=number(found.loss_at_stop),
                end=number(found.loss_at_end),
            )
        case TrainingVerdict.TOO_SHORT:
            return plural(
                epochs,
                "{number} epoch is too short to say whether it overfits; 4 are needed at least.",
                "{number} epochs are too short to say whether it overfits; 4 are needed at least.",
            )
        case TrainingVerdict.TOO_NOISY:
            return say(
                "It is too noisy to say: from the first epoch to its lowest, validation loss fell by no more than "
                "twice its noise of {noise}. A larger validation part is less noisy.",
                noise=number(found.noise),
            )
        case TrainingVerdict.DIVERGED:
            return say(
                "Training diverged: validation loss is not a finite number at epoch {epoch}. A smaller learning rate "
                "is the usual remedy.",
                epoch=found.diverged_epoch,
            )
    has = say(" Validation accuracy alone does not say it.") if found.roles.val_accuracy else ""
    return say(
        "It cannot be told: validation loss was not recorded.{has} Call model.fit with validation_data or "
        "validation_split.",
        has=has,
    )


def _overfits(found: TrainingDiagnosis) -> Message:
    rise = say(
        "validation loss was lowest at epoch {stop} ({lowest}) and stays above that by more than its noise ({end} at "
        "the end)",
        stop=found.stop_epoch,
        lowest=number(found.loss_at_stop),
        end=number(found.loss_at_end),
    )
    gap = say("training accuracy stays more than 2 points above validation accuracy")
    if found.by == "both":
        shown = say(
            "{gap}, and validation loss rises by more than its noise ({end} at the end)",
            gap=gap,
            end=number(found.loss_at_end),
        )
    elif found.by == "gap":
        shown = say("{gap}, although validation loss {rise}", gap=gap, rise=_rise(found))
    else:
        shown = rise
    return say("It overfits from epoch {onset} on: {shown}.", onset=found.onset, shown=shown)


def _rise(found: TrainingDiagnosis) -> Message:
    """What validation loss does at the end, where that is too little to call it overfitting."""
    if not found.risen_for:
        return say("ends no higher than its noise explains")
    return plural(
        found.risen_for,
        "lies clearly above its lowest for {number} epoch at the end, too short a rise to call",
        "lies clearly above its lowest for {number} epochs at the end, too short a rise to call",
    )


def _stop(found: TrainingDiagnosis) -> Message | str:
    if found.verdict is not TrainingVerdict.OVERFITS or found.stop_epoch is None or found.stop_range is None:
        return ""
    first, last = found.stop_range
    if found.stop_epoch == int(found.epochs[-1]):
        return say("Validation loss was lowest at the last epoch: stopping earlier would not have helped it.")
    where = say("Stop at epoch {stop}", stop=found.stop_epoch)
    if first < last:
        where = say(
            "{where} (epochs {first} to {last} are as good within the noise)", where=where, first=first, last=last
        )
    after = sum(1 for epoch in found.epochs if epoch > found.stop_epoch)
    spent = plural(
        after,
        "the {number} epoch after it, {share} % of the training, did not lower validation loss",
        "the {number} epochs after it, {share} % of the training, did not lower validation loss",
        share=f"{100 * (found.wasted or 0):.0f}",
    )
    if math.isnan(found.accuracy_at_stop) or math.isnan(found.accuracy_at_end):
        return say("{where}: {spent}.", where=where, spent=spent)
    change = found.accuracy_at_end - found.accuracy_at_stop
    return say(
        "{where}: {spent} and changed validation accuracy by {change} points, from {there} to {end} %.",
        where=where,
        spent=spent,
        change=signed(change),
        there=f"{100 * found.accuracy_at_stop:.1f}",
        end=f"{100 * found.accuracy_at_end:.1f}",
    )


def _gap(found: TrainingDiagnosis) -> Message | str:
    if found.verdict in (TrainingVerdict.UNKNOWN, TrainingVerdict.DIVERGED):
        return ""
    if math.isnan(found.gap):
        if found.roles.val_accuracy is None:
            return say("No accuracy was recorded, so that there is no gap: the loss alone decides.")
        return say("The gap is unknown: training accuracy was not recorded.")
    if math.isnan(found.gap_trend):
        return say("The gap between training and validation accuracy is {gap} points.", gap=signed(found.gap))
    if abs(found.gap_trend) < _LEAST_TREND:
        trend = say("steady over the last third of the training")
    elif found.gap_trend > 0:
        trend = say("growing by {step} points per epoch over the last third", step=f"{100 * found.gap_trend:.2f}")
    else:
        trend = say("shrinking by {step} points per epoch over the last third", step=f"{-100 * found.gap_trend:.2f}")
    return say(
        "The gap between training and validation accuracy is {gap} points at the end, {trend}.",
        gap=signed(found.gap),
        trend=trend,
    )


def _hidden(found: TrainingDiagnosis) -> Message | str:
    """What training-mode metrics hide."""
    if found.gap_is_clean is None:
        return ""
    if found.gap_is_clean:
        return say("Training metrics are measured in inference mode, as validation is.")
    return say(
        "Training metrics are in training mode only, running means while the weights move: dropout and "
        "augmentation lower them and they lag by half an epoch, so that the gap is understated as a rule. "
        "rg.OverfittingMonitor measures them in inference mode."
    )


def _penalties(found: TrainingDiagnosis) -> Message | str:
    if found.roles.clean_val_loss is not None:
        return ""
    return say("Losses are as logged: with a weight penalty, its decline can hide a rise in validation loss.")


def _images(found: TrainingDiagnosis) -> Message | str:
    if not found.validation_images or math.isnan(found.accuracy_at_end):
        return ""
    share = float(np.clip(found.accuracy_at_end, 0, 1))
    return say(
        "On {images} validation images, chance alone moves an accuracy by ±{points} points (95 %).",
        images=f"{found.validation_images:,}",
        points=f"{196 * (share * (1 - share) / found.validation_images) ** 0.5:.1f}",
    )


def number(value: float) -> str:
    """A loss as people read it: 4 significant digits."""
    return "—" if math.isnan(value) else f"{value:.4g}"


def signed(fraction: float) -> str:
    """A difference of accuracies in points, with its sign."""
    points = f"{abs(100 * fraction):.1f}"
    return points if not float(points) else f"{'−' if fraction < 0 else '+'}{points}"
