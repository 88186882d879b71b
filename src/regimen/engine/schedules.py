"""Learning rates that change: each schedule says by what the plan's rate is multiplied in a step."""

import math
from collections.abc import Callable, Sequence

from regimen.engine.keras_schedules import KERAS_SCHEDULES
from regimen.plan import Plan


def cosine(step: int, steps: int, losses: Sequence[float], *, warmup: float, floor: float) -> float:
    """Rises linearly from 0, then falls along half a cosine.

    Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR, without restarts.

    Args:
        step: 0 … steps − 1.
        steps: of the whole training.
        losses: not used.
        warmup: share of the steps in which it rises, 0 ≤ warmup < 1.
        floor: where it ends, as a share of the plan's rate.
    """
    rising = round(warmup * steps)
    if step < rising:
        return step / rising
    return floor + (1 - floor) * _cosine((step - rising) / (steps - rising))


def onecycle(step: int, steps: int, losses: Sequence[float], *, peak: float, rise: float) -> float:
    """Rises from a 25th of the peak to the peak, and falls to a 250,000th of it, both along half a cosine.

    Source: Smith & Topin (2019), Super-convergence: very fast training of neural networks using large learning rates,
    SPIE 11006, with the cosines and the end of PyTorch's ``OneCycleLR``; momentum stays.

    Args:
        step: 0 … steps − 1.
        steps: of the whole training.
        losses: not used.
        peak: as a multiple of the plan's rate.
        rise: share of the steps before the peak, 0 < rise < 1.
    """
    start, end, top = peak / 25, peak / 25e4, rise * steps - 1
    if step <= top:
        return start + (peak - start) * (1 - _cosine(step / top if top > 0 else 1.0))
    return end + (peak - end) * _cosine((step - top) / (steps - 1 - top))


def plateau(step: int, steps: int, losses: Sequence[float], *, factor: float, patience: int) -> float:
    """Multiplied by a factor whenever the validation loss has not fallen for some epochs, as Keras' callback does.

    Source: He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR, section 3.4.

    Args:
        step: not used.
        steps: not used.
        losses: ``clean_val_loss`` of every epoch so far.
        factor: 0 < factor < 1.
        patience: epochs, at least 1; the wait begins anew after each reduction.
    """
    lowest, waited, reductions = math.inf, 0, 0
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            waited += 1
            if waited == patience:
                reductions, waited = reductions + 1, 0
    return factor**reductions


SCHEDULES: dict[str, Callable[..., float]] = {
    "cosine": cosine,
    "onecycle": onecycle,
    "plateau": plateau,
    **KERAS_SCHEDULES,
}


def learning_rate(plan: Plan, step: int, steps: int, losses: Sequence[float]) -> float:
    """The learning rate of a step.

    Args:
        plan: with its optimizer and schedule.
        step: 0 … steps − 1, counted over the whole training.
        steps: of the whole training, if it does not stop early.
        losses: ``clean_val_loss`` of every epoch so far.
    """
    rate = plan.optimizer.learning_rate
    if plan.schedule is None:
        return rate
    return rate * SCHEDULES[plan.schedule.kind](step, steps, losses, **plan.schedule.settings)


def _cosine(progress: float) -> float:
    """From 1 down to 0 for a progress from 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * progress))
