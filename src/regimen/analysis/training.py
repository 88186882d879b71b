"""What the learning curves of one training say: overfitting or not, since when, and where to stop.

The rule on validation loss is the one that studies use (`regimen.analysis.diagnosis`). What is added here is what a
single training from elsewhere needs: it may have stopped too early, may be too noisy, may lack metrics, and its
training metrics are as a rule those that Keras logs while the weights still move.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from regimen.analysis.diagnosis import (
    FEWEST_ABOVE,
    FEWEST_EPOCHS,
    LARGEST_GAP,
    NOISES,
    curve_noise,
    diagnose,
    holds_since,
    smoothed,
)
from regimen.analysis.roles import Roles, roles
from regimen.analysis.training_verdict import TrainingDiagnosis, TrainingVerdict
from regimen.analysis.training_words import remarks, summary
from regimen.language import say

LEAST_FALL = 0.02  # of validation loss over the last part, relative to where it ends, to call it unfinished
STEEP_NOISES, STEEP_RISE = 5.0, 0.02  # above the lowest, in noises and relative to it: too much to call it fine
SHORTEST_PART = 5  # epochs that a slope is read from: fewer have no 95 % interval that means something


def diagnose_training(
    curves: Mapping[str, np.ndarray],
    *,
    name: str = "",
    epochs: np.ndarray | None = None,
    validation_images: int | None = None,
) -> TrainingDiagnosis:
    """Says of one training whether it overfits, underfits or is fine, and where to stop.

    - *overfits*: by the rule for studies, on validation loss (clean where it was measured, else as logged); or by the
      gap, when it exceeds 2 points for at least the last 3 epochs and, where the size of the validation part is known,
      1.96 binomial standard errors too. A gap of training-mode accuracy understates the true one as a rule: it decides
      only where validation loss says nothing.
    - *underfits*: validation loss was still falling when training stopped. Its Theil–Sen slope over the last third (5
      epochs at least) has a 95 % interval below zero, and along it the loss fell by at least 2 % of its last value.
    - *fine*: neither. Whether a larger model would do better is not in the curves.
    - *too short*: fewer than 4 epochs; or validation loss rose steeply, in the last 1 or 2 epochs only, and ends above
      its lowest (that of its 3-epoch median) by more than 5 times its noise and 2 %. *too noisy*: validation loss fell,
      from first to lowest, by no more than twice its own noise, so that its course cannot be told from chance.
      *diverged*: it holds NaN or infinity. *cannot tell*: there is no validation loss.

    Args:
        curves: metric → float (epochs,), named as Keras or people name them (see `roles`).
        name: of the training.
        epochs: rising numbers of the epochs; by default 1, 2, 3, ….
        validation_images: size of the validation part.

    Returns:
        The diagnosis. One run carries no interval over seeds, and it says so.

    Raises:
        ValueError: curves of different length, or none.

    Source:
        Overfitting, underfitting and noise: this project's own definitions. Slope and its interval: Sen, Journal of the
        American Statistical Association 63 (1968), from SciPy.
    """
    curves = {metric: np.asarray(values, dtype=np.float64) for metric, values in curves.items()}
    if not curves or len({values.shape for values in curves.values()}) != 1 or not next(iter(curves.values())).size:
        shapes = {metric: values.shape for metric, values in curves.items()}
        raise ValueError(f"Expected at least one curve, all of one length (epochs,); received {shapes}.")
    found = roles(curves)
    curves, percent = _as_fractions(curves, found)
    length = len(next(iter(curves.values())))
    epochs = np.arange(1, length + 1) if epochs is None else np.asarray(epochs, dtype=np.int64)
    loss, gaps, clean = _judged(curves, found)
    judged = _Judged(loss, gaps, clean, epochs, _standard_error(curves, found, validation_images))
    verdict, onset, by = judged.verdict()
    stop, within = judged.stop()
    accuracy = curves.get(found.val_accuracy or "", np.full(length, np.nan))
    none = loss is None or stop is None
    known = TrainingDiagnosis(
        name=name,
        verdict=verdict,
        onset=onset,
        by=by,
        stop_epoch=None if stop is None else int(epochs[stop]),
        stop_range=None if within is None else (int(epochs[within[0]]), int(epochs[within[1]])),
        wasted=None if stop is None else (length - 1 - stop) / length,
        noise=judged.noise,
        risen_for=judged.risen_for(),
        loss_at_stop=np.nan if none else float(loss[stop]),
        loss_at_end=np.nan if none else float(loss[-1]),
        accuracy_at_stop=np.nan if stop is None else float(accuracy[stop]),
        accuracy_at_end=float(accuracy[-1]),
        gap=np.nan if gaps is None else float(gaps[-1]),
        gap_trend=slope(gaps, epochs)[0] if gaps is not None and length >= FEWEST_EPOCHS else np.nan,
        gap_is_clean=None if gaps is None else clean,
        accuracy_noise=curve_noise(accuracy) if np.isfinite(accuracy).all() else np.nan,
        diverged_epoch=None if loss is None or judged.usable else int(epochs[~np.isfinite(loss)][0]),
        epochs=epochs,
        curves=curves,
        roles=found,
        validation_images=validation_images,
    )
    notes = [say("Accuracies were given in per cent.")] if percent else []
    return replace(known, summary=summary(known), remarks=(*remarks(known), *notes))


def last_part(epochs: int) -> int:
    """Epochs of the last third of a training: at least 5, or all there are."""
    return min(epochs, max(SHORTEST_PART, -(-epochs // 3)))


def slope(curve: np.ndarray, epochs: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """The median slope of a curve over the last third of a training.

    Args:
        curve: float (epochs,).
        epochs: int (epochs,), their numbers, rising.
        level: confidence of the interval.

    Returns:
        The slope per epoch, and the limits of its interval; NaN with a single epoch or values that are not finite.

    Source:
        Theil 1950; interval: Sen 1968. It assumes that epochs err independently of each other.
    """
    part = last_part(len(curve))
    values, numbers = curve[-part:], epochs[-part:]
    if part < 2 or not np.isfinite(values).all():
        return np.nan, np.nan, np.nan
    from scipy.stats import theilslopes

    found = theilslopes(values, numbers, alpha=level)
    return float(found.slope), float(found.low_slope), float(found.high_slope)


class _Judged:
    """The curves that decide."""

    def __init__(
        self, loss: np.ndarray | None, gaps: np.ndarray | None, clean: bool, epochs: np.ndarray, error: float
    ) -> None:
        self.loss, self.gaps, self.clean, self.epochs, self.error = loss, gaps, clean, epochs, error
        self.usable = loss is not None and bool(np.isfinite(loss).all())
        self.noise = curve_noise(loss) if self.usable else float("nan")

    def verdict(self) -> tuple[TrainingVerdict, int | None, str]:
        """The verdict, the number of the onset's epoch, and what shows it."""
        if self.loss is None:
            return TrainingVerdict.UNKNOWN, None, ""
        if not self.usable:
            return TrainingVerdict.DIVERGED, None, ""
        if len(self.loss) < FEWEST_EPOCHS:
            return TrainingVerdict.TOO_SHORT, None, ""
        by_loss = diagnose([{"clean_val_loss": self.loss}]).onset
        by_gap = self._large_gap() if self.clean or by_loss is None else None
        found = {"loss": by_loss, "gap": by_gap}
        shown = [by for by, epoch in found.items() if epoch is not None]
        onset = min((found[by] for by in shown), default=None)
        by = "both" if len(shown) == 2 else "".join(shown)
        if onset is not None:
            return TrainingVerdict.OVERFITS, int(self.epochs[onset - 1]), by
        if self._steep_end():
            return TrainingVerdict.TOO_SHORT, None, ""
        if self._falling():
            return TrainingVerdict.UNDERFITS, None, ""
        # The first epoch against the lowest of the smoothed curve, whose own chance minimum is small.
        hidden = self.loss[0] - smoothed(self.loss).min() <= NOISES * self.noise and self.noise > 0
        return (TrainingVerdict.TOO_NOISY if hidden else TrainingVerdict.FINE), None, ""

    def stop(self) -> tuple[int | None, tuple[int, int] | None]:
        """Index of the lowest loss, and of the first and last epoch around it that are as good within the noise."""
        if self.loss is None or not np.isfinite(self.loss).any():
            return None, None
        lowest = int(np.nanargmin(np.where(np.isfinite(self.loss), self.loss, np.nan)))
        if not np.isfinite(self.noise):
            return lowest, (lowest, lowest)
        good = self.loss <= max(self.loss[lowest], smoothed(self.loss).min() + NOISES * self.noise)
        first = last = lowest
        while first > 0 and good[first - 1]:
            first -= 1
        while last + 1 < len(good) and good[last + 1]:
            last += 1
        return lowest, (first, last)

    def risen_for(self) -> int:
        """Epochs in a row, up to the last, whose loss lies above its lowest by more than the noise."""
        if not np.isfinite(self.noise):
            return 0
        since = holds_since(self.loss > smoothed(self.loss).min() + NOISES * self.noise)
        return 0 if since is None else len(self.loss) - since + 1

    def _steep_end(self) -> bool:
        """Whether the loss rose by too much to call it fine, in too few epochs to call it overfitting."""
        lowest = smoothed(self.loss).min()
        # On smooth curves the noise is next to nothing, hence the share of the loss itself.
        steep = max(STEEP_NOISES * self.noise, STEEP_RISE * abs(lowest))
        return bool(self.loss[-1] > lowest + steep)

    def _large_gap(self) -> int | None:
        """Since when the gap is large. One run has no interval over seeds: epochs and images must do."""
        if self.gaps is None:
            return None
        since = holds_since(self.gaps > max(LARGEST_GAP, 1.96 * self.error))
        return since if since is not None and since <= len(self.gaps) - FEWEST_ABOVE + 1 else None

    def _falling(self) -> bool:
        steep, _, high = slope(self.loss, self.epochs)
        part = self.epochs[-last_part(len(self.loss)) :]
        return high < 0 and -steep * (part[-1] - part[0]) >= LEAST_FALL * abs(self.loss[-1])


def _judged(curves: Mapping[str, np.ndarray], found: Roles) -> tuple[np.ndarray | None, np.ndarray | None, bool]:
    """Validation loss, the gap, and whether the gap is measured in inference mode."""
    loss = curves.get(found.clean_val_loss or found.val_loss or "")
    clean = found.clean_accuracy is not None
    sides = [curves.get(name or "") for name in (found.clean_accuracy or found.accuracy, found.val_accuracy)]
    if any(side is None or not np.isfinite(side).all() for side in sides):
        return loss, None, clean
    return loss, sides[0] - sides[1], clean


def _as_fractions(curves: Mapping[str, np.ndarray], found: Roles) -> tuple[dict[str, np.ndarray], bool]:
    """Accuracies logged in per cent as fractions, and whether there were some."""
    names = [name for name in (found.accuracy, found.val_accuracy, found.clean_accuracy) if name]
    values = np.concatenate([curves[name] for name in names]) if names else np.zeros(1)
    largest = np.nanmax(np.where(np.isfinite(values), values, np.nan), initial=0.0)
    percent = 1.5 < largest <= 100
    return {name: values / 100 if percent and name in names else values for name, values in curves.items()}, percent


def _standard_error(curves: Mapping[str, np.ndarray], found: Roles, images: int | None) -> float:
    """Binomial standard error of the last validation accuracy; 0 where the number of images is unknown."""
    if not images or found.val_accuracy is None:
        return 0.0
    share = float(np.clip(curves[found.val_accuracy][-1], 0, 1))
    return (share * (1 - share) / images) ** 0.5
