"""Does a model overfit, and since when: read from its learning curves alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from regimen.language import join, plural, say

NOISES = 2.0  # how far above its minimum validation loss must stay, in standard deviations of its noise
LARGEST_GAP = 0.02  # accuracy, as a fraction
FEWEST_ABOVE = 3  # epochs at the end that must lie above
FEWEST_EPOCHS = 4  # two residuals from a centred 3-epoch median, the fewest with a standard deviation


@dataclass(frozen=True)
class Diagnosis:
    """Whether an arm overfits.

    Attributes:
        overfits: None when it cannot be said: fewer than 4 epochs, or no run without NaN.
        onset: 1-based epoch from which it holds to the end; None unless it overfits.
        by: ``"loss"``, ``"gap"``, ``"both"``, or ``""``.
        minimum_epoch: 1-based epoch of the lowest clean validation loss, None without a usable curve.
        noise: standard deviation of the clean validation loss around its 3-epoch median; NaN when too short.
        gap: accuracy gap at the last epoch, mean over seeds, as a fraction; NaN when unknown.
        gap_low: lower limit of its interval over seeds; None with one run.
        gap_high: upper limit.
        reason: one or more sentences for people.
    """

    overfits: bool | None
    onset: int | None
    by: str
    minimum_epoch: int | None
    noise: float
    gap: float
    gap_low: float | None
    gap_high: float | None
    reason: str


def gap(history: Mapping[str, np.ndarray]) -> np.ndarray:
    """The accuracy gap between training and validation, both in inference mode.

    Args:
        history: holds ``clean_acc`` and ``val_acc``, float (epochs,), fractions.

    Returns:
        float64 (epochs,), as a fraction. Never from training-mode accuracy, which arms do not share a meaning of.
    """
    return np.asarray(history["clean_acc"], dtype=np.float64) - np.asarray(history["val_acc"], dtype=np.float64)


def diagnose(histories: Sequence[Mapping[str, np.ndarray]], *, level: float = 0.95) -> Diagnosis:
    """Says whether one arm overfits, from the histories of its runs.

    It does when, from some epoch to the end and for at least 3 epochs, the mean ``clean_val_loss`` stays above its
    minimum (that of its 3-epoch median) by more than twice its noise, or the gap exceeds 2 points with its interval
    over seeds above 0. A single run has no such interval: its gap counts from 2 points on, and the reason says so.
    Curves are averaged over the epochs that all runs share; runs with NaN or infinity in them are left out, and
    counted in the reason.

    Args:
        histories: one mapping per seed, metric → float (epochs,); ``clean_val_loss`` is needed, ``clean_acc`` and
            ``val_acc`` only for the gap.
        level: confidence of the intervals of the gap.

    Returns:
        The diagnosis. The noise is measured on epochs 2 to last − 1, where a centred median exists. Simulated on
        curves that are flat but for independent noise, the loss rule fires in 4, 7 and 11 % of trainings of 10, 30
        and 100 epochs; measured from the very lowest epoch, and if the last one alone could decide, it would in 44,
        59 and 77 %.

    Raises:
        ValueError: a history without ``clean_val_loss`` or without epochs.

    Source:
        The definition is this project's own; Student's interval over seeds.
    """
    for history in histories:
        if "clean_val_loss" not in history or not len(history["clean_val_loss"]):
            raise ValueError(f"A history needs clean_val_loss for at least one epoch; received {sorted(history)}.")
    runs = [history for history in histories if _finite(history)]
    notes = _notes(len(histories), runs)
    if not runs:
        return Diagnosis(None, None, "", None, np.nan, np.nan, None, None, notes or say("There is no learning curve."))
    epochs = min(len(history["clean_val_loss"]) for history in runs)
    loss = np.mean([np.asarray(history["clean_val_loss"][:epochs], dtype=np.float64) for history in runs], axis=0)
    gaps = _Gaps([gap(history)[:epochs] for history in runs] if all(map(_has_gap, runs)) else [], epochs, level)
    noise = curve_noise(loss)
    known = {
        "minimum_epoch": int(loss.argmin()) + 1,
        "noise": noise,
        "gap": float(gaps.mean[-1]),
        "gap_low": None if gaps.low is None else float(gaps.low[-1]),
        "gap_high": None if gaps.high is None else float(gaps.high[-1]),
    }
    if epochs < FEWEST_EPOCHS:
        short = plural(
            epochs,
            "{number} epoch is too few to say whether it overfits; {needed} are needed.",
            "{number} epochs are too few to say whether it overfits; {needed} are needed.",
            needed=FEWEST_EPOCHS,
        )
        return Diagnosis(None, None, "", **known, reason=join([short, notes]))
    by_loss = holds_since(loss > smoothed(loss).min() + NOISES * noise)
    if by_loss is not None and by_loss > epochs - FEWEST_ABOVE + 1:
        by_loss = None
    by_gap = holds_since(gaps.large())
    by = {(True, True): "both", (True, False): "loss", (False, True): "gap", (False, False): ""}[
        by_loss is not None, by_gap is not None
    ]
    onset = min((epoch for epoch in (by_loss, by_gap) if epoch is not None), default=None)
    reason = join([_loss_sentence(by_loss, known["minimum_epoch"]), gaps.sentence(by_gap, level), notes])
    return Diagnosis(onset is not None, onset, by, **known, reason=reason)


class _Gaps:
    """Mean gap per epoch and its interval over seeds."""

    def __init__(self, gaps: list[np.ndarray], epochs: int, level: float) -> None:
        self.mean = np.mean(gaps, axis=0) if gaps else np.full(epochs, np.nan)  # (epochs,)
        self.low = self.high = None
        if len(gaps) > 1:
            from scipy.special import stdtrit

            error = np.std(gaps, axis=0, ddof=1) / len(gaps) ** 0.5
            reach = float(stdtrit(len(gaps) - 1, (1 + level) / 2)) * error
            self.low, self.high = self.mean - reach, self.mean + reach

    def large(self) -> np.ndarray:
        """bool (epochs,): the gap exceeds 2 points, its interval (if it has one) lies above 0."""
        large = self.mean > LARGEST_GAP  # False where unknown
        return large if self.low is None else large & (self.low > 0)

    def sentence(self, since: int | None, level: float) -> str:
        if np.isnan(self.mean[-1]):
            return say("The gap is unknown: training accuracy in inference mode was not recorded.")
        gap = _points(self.mean[-1])
        if self.low is None or self.high is None:
            last = say("{gap} points at the end; one run has no interval over seeds", gap=gap)
        else:
            last = say(
                "{gap} points at the end, {level} % interval {low} to {high}",
                gap=gap,
                level=f"{100 * level:.4g}",
                low=_points(self.low[-1]),
                high=_points(self.high[-1]),
            )
        if since is None:
            return say("The gap between training and validation accuracy stays small or unsure ({last}).", last=last)
        return say(
            "From epoch {epoch} on, training accuracy is more than {points} points above validation accuracy ({last}).",
            epoch=since,
            points=f"{100 * LARGEST_GAP:g}",
            last=last,
        )


def _points(gap: float) -> str:
    return f"{100 * gap:.1f}".replace("-", "−")


def curve_noise(curve: np.ndarray) -> float:
    """Standard deviation of the residuals of epochs 2 … last−1 from their centred 3-epoch median."""
    if len(curve) < FEWEST_EPOCHS:
        return float("nan")
    return float(np.std(curve[1:-1] - smoothed(curve), ddof=1))


def smoothed(curve: np.ndarray) -> np.ndarray:
    """The centred 3-epoch median, of epochs 2 … last−1."""
    return np.median(np.stack([curve[:-2], curve[1:-1], curve[2:]]), axis=0)


def holds_since(holds: np.ndarray) -> int | None:
    """The first 1-based epoch from which something holds to the end."""
    if not holds[-1]:
        return None
    fails = np.flatnonzero(~holds)
    return int(fails[-1]) + 2 if len(fails) else 1


def _has_gap(history: Mapping[str, np.ndarray]) -> bool:
    return "clean_acc" in history and "val_acc" in history


def _finite(history: Mapping[str, np.ndarray]) -> bool:
    curves = [history["clean_val_loss"], *([gap(history)] if _has_gap(history) else [])]
    return all(np.isfinite(np.asarray(curve, dtype=np.float64)).all() for curve in curves)


def _notes(given: int, runs: list[Mapping[str, np.ndarray]]) -> str:
    lost = given - len(runs)
    if not lost:
        return ""
    if not runs:
        return say("Training diverged: the curves hold NaN or infinity.")
    return plural(
        lost,
        "{number} of {given} runs diverged and is left out of these curves.",
        "{number} of {given} runs diverged and are left out of these curves.",
        given=given,
    )


def _loss_sentence(since: int | None, minimum: int) -> str:
    if since is None:
        return say("Validation loss does not stay clearly above its minimum (epoch {minimum}).", minimum=minimum)
    return say(
        "From epoch {epoch} on, validation loss stays above its minimum (epoch {minimum}) "
        "by more than {noises} times its noise.",
        epoch=since,
        minimum=minimum,
        noises=f"{NOISES:g}",
    )
