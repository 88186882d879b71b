"""The test part, which selected nothing, beside the validation part, which selected epochs and the winner."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.crossed import accuracy_interval, crossed
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.pairing import compare_runs
from regimen.language import say


@dataclass(frozen=True)
class Shift:
    """What is found on the test part minus what is found on the validation part, at the selected epochs.

    Attributes:
        difference: a fraction.
        low: lower limit of its interval over seeds and both samples of images.
        high: upper limit.
        level: confidence of the interval.
    """

    difference: float
    low: float
    high: float
    level: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Tested:
    """An arm on the test part, at the selected epochs; accuracies are fractions.

    Attributes:
        accuracy: mean over usable runs; a diverged one is scored at chance.
        low: lower limit of its interval over seeds and images; None with fewer than two runs or images.
        high: upper limit.
        shift: of the accuracy, finished runs only; None without one, or with a single image.
        comparison: with the baseline; None for the baseline itself, or where the baseline was not tested.
        on_validation: the same on the validation part, at the same epochs.
        contrast: shift of the difference to the baseline; None where there is none.
    """

    accuracy: float
    low: float | None
    high: float | None
    shift: Shift | None
    comparison: Comparison | None
    on_validation: Comparison | None
    contrast: Shift | None

    @property
    def contradicts(self) -> bool:
        """Whether it helps on one part and hurts on the other, or its two differences are further apart than chance."""
        if self.comparison is None or self.on_validation is None:
            return False
        verdicts = {self.comparison.verdict, self.on_validation.verdict}
        return verdicts == {Verdict.HELPS, Verdict.HURTS} or (self.contrast is not None and self.contrast.beyond_chance)


def on_test(
    runs: tuple[RunOutcome, ...],
    baseline: tuple[RunOutcome, ...] | None,
    on_validation: Comparison | None,
    *,
    margin: float,
    comparisons: int,
    level: float,
) -> Tested | None:
    """Scores an arm on the test part and holds it against the validation part.

    Args:
        runs: of the arm.
        baseline: of the baseline; None for the baseline itself.
        on_validation: how they compare on the validation part, at the selected epochs.
        margin: difference that matters.
        comparisons: arms compared with the baseline (Bonferroni).
        level: confidence over all arms.

    Returns:
        What was found; None unless every usable run was tested.
    """
    if not _tested(runs):
        return None
    correct = np.array([run.test_correct for run in runs if run.usable])
    low, high = accuracy_interval(correct, level)
    comparison = contrast = None
    corrected = 1 - (1 - level) / comparisons
    if baseline is not None and _tested(baseline):
        comparison = compare_runs(runs, baseline, "test_correct", margin=margin, comparisons=comparisons, level=level)
        if comparison.verdict is not Verdict.NONE:  # what its reason asks for concerns the validation part
            reason = say("Measured on the test part, which selected nothing.")
            comparison = replace(comparison, reason=reason, seeds_needed=None, images_needed=None)
        contrast = _contrast(runs, baseline, corrected)
    finished = [run for run in runs if run.status == "finished"]
    values = [np.array([getattr(run, scores) for run in finished]) for scores in ("correct", "test_correct")]
    return Tested(
        accuracy=float(correct.mean()),
        low=low,
        high=high,
        shift=shift(*values, level=corrected),
        comparison=comparison,
        on_validation=None if comparison is None else on_validation,
        contrast=contrast,
    )


def shift(validation: np.ndarray, test: np.ndarray, *, level: float) -> Shift | None:
    """Compares a mean over one sample of images with the mean over another, for the same trained models.

    Per seed, the two means are a pair, as they belong to one model; the images of the parts are independent samples.
    SE² = S²_pair/n + S²_image/N + S²_image'/N' − S²_rest/(nN) − S²_rest'/(nN'), where S²_pair is the variance of the
    pairs' differences; never below either S²_pair/n or the images' part. Degrees of freedom are Satterthwaite's, never
    under the smallest source's. One seed has no variance between seeds: then the interval is Welch's, for this one
    trained model. (Simulated here: false calls 3–6 % at a nominal 5 %, with 1, 2, 5 and 20 seeds.)

    Args:
        validation: float (n_seeds, N_images), correctness, or its difference between two arms.
        test: float (n_seeds, N'_images), rows of the same models.
        level: confidence, 0–1 exclusive.

    Returns:
        Test minus validation; None without a seed, or where a part has fewer than two images.

    Source:
        Welch, "The generalization of 'Student's' problem", Biometrika 34 (1947) for two samples; for seeds crossed with
        images, and the term that is taken off, ``Crossed.squared_error``. On accuracy that falls on a new sample: Recht
        et al., "Do ImageNet classifiers generalize to ImageNet?", ICML 2019. On selection: Cawley & Talbot, "On
        over-fitting in model selection", JMLR 11 (2010).
    """
    from scipy.special import stdtrit

    if not len(validation) or min(validation.shape[1], test.shape[1]) < 2:
        return None
    pairs = test.mean(axis=1) - validation.mean(axis=1)  # (n,)
    seeds = len(pairs)
    samples = [(part.mean(axis=0).var(ddof=1) / part.shape[1], part.shape[1] - 1) for part in (validation, test)]
    image, sources = sum(term for term, _ in samples), list(samples)
    squared = image
    if seeds > 1:
        pair = pairs.var(ddof=1) / seeds
        rests = [
            (crossed(part).rest_variance / part.size, (seeds - 1) * (part.shape[1] - 1)) for part in (validation, test)
        ]
        squared = max(pair, image, pair + image - sum(term for term, _ in rests))
        sources = [(pair, seeds - 1), *samples, *rests]
    spread = sum(term**2 / df for term, df in sources)
    least = min(df for _, df in sources)
    df = max(least, squared**2 / spread) if spread > 0 else least
    reach = stdtrit(df, (1 + level) / 2) * squared**0.5
    difference = pairs.mean()
    return Shift(float(difference), float(difference - reach), float(difference + reach), level)


def _contrast(runs: Sequence[RunOutcome], baseline: Sequence[RunOutcome], level: float) -> Shift | None:
    theirs = {run.seed: run for run in baseline if run.status == "finished"}
    pairs = [(run, theirs[run.seed]) for run in runs if run.status == "finished" and run.seed in theirs]
    values = [
        np.array([getattr(mine, scores) - getattr(other, scores) for mine, other in pairs])
        for scores in ("correct", "test_correct")
    ]
    return shift(*values, level=level)


def _tested(runs: Sequence[RunOutcome]) -> bool:
    usable = [run for run in runs if run.usable]
    return bool(usable) and all(run.test_correct is not None for run in usable)
