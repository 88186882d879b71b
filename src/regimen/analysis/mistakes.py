"""Image by image: what is wrong with the most confidence, what a remedy puts right and what it spoils.

Two trainings of one model that differ in the seed alone disagree on many images, so images that change sides between
two arms show nothing by themselves. Hence the yardstick: how many change sides between halves of the baseline's seeds.
"""

from dataclasses import dataclass

import numpy as np

from regimen.analysis.predictions import ArmPredictions

DRAWS = 400  # of two groups of seeds


@dataclass(frozen=True)
class Mistake:
    """An image that an arm gets wrong, its runs' probabilities averaged.

    Attributes:
        image: its position in the validation part.
        label: its class.
        predicted: the class it is taken for.
        confidence: mean probability of that class over runs.
        wrong: how many runs are wrong about it.
        runs: how many there are.
    """

    image: int
    label: int
    predicted: int
    confidence: float
    wrong: int
    runs: int


@dataclass(frozen=True)
class Change:
    """An image that most of the baseline's runs get wrong and most of an arm's right, or the other way round.

    Attributes:
        image: its position in the validation part.
        label: its class.
        predicted: the class that the side that is wrong takes it for.
        confidence: mean probability of that class over that side's runs.
        wrong_before: how many of the baseline's runs are wrong.
        runs_before: how many there are.
        wrong_after: how many of the arm's runs are wrong.
        runs_after: how many there are.
    """

    image: int
    label: int
    predicted: int
    confidence: float
    wrong_before: int
    runs_before: int
    wrong_after: int
    runs_after: int


@dataclass(frozen=True)
class Churn:
    """Images that change sides between groups of equally many runs with different seeds; means over draws of groups.

    Attributes:
        runs: in a group, half of those there are (rounded down).
        alone: between two groups of the baseline's runs, in each direction: nothing but chance.
        fixed: from a group of the baseline's runs to one of the arm's, from wrong to right.
        added: from right to wrong.
    """

    runs: int
    alone: float
    fixed: float
    added: float


@dataclass(frozen=True)
class Changes:
    """What an arm fixes and adds, as against the baseline.

    Attributes:
        fixed: wrong in most of the baseline's runs, right in most of the arm's; the largest rise of the true class's
            mean probability first.
        added: the other way round; the largest fall first.
        wrong_before: images that most of the baseline's runs get wrong.
        wrong_after: images that most of the arm's runs get wrong.
        churn: what chance alone does; None with fewer than two runs on a side.
    """

    fixed: tuple[Change, ...]
    added: tuple[Change, ...]
    wrong_before: int
    wrong_after: int
    churn: Churn | None


def most_confident(arm: ArmPredictions, limit: int) -> tuple[Mistake, ...]:
    """The images that an arm gets wrong with the most confidence.

    Args:
        arm: what its runs predict.
        limit: how many images.

    Returns:
        Images whose mean probabilities favour a wrong class, the highest probability of a wrong class first.
    """
    wrong = np.flatnonzero(arm.wrong_probability > arm.true_probability)
    order = wrong[np.argsort(-arm.wrong_probability[wrong], kind="stable")][:limit]
    return tuple(
        Mistake(
            image=int(image),
            label=int(arm.labels[image]),
            predicted=int(arm.wrong_class[image]),
            confidence=float(arm.wrong_probability[image]),
            wrong=int(arm.wrong[image]),
            runs=len(arm.seeds),
        )
        for image in order
    )


def changes(arm: ArmPredictions, baseline: ArmPredictions) -> Changes:
    """What an arm fixes and adds.

    An image on which exactly half of the runs are right is on neither side.

    Args:
        arm: what its runs predict.
        baseline: the same of the baseline, at the same kind of epoch.

    Source:
        Images that change sides: Yan et al., "Positive-congruent training", CVPR 2021. Disagreement of trainings that
        differ in the seed alone: Summers & Dinneen, "Nondeterminism and instability in neural network optimization",
        ICML 2021. Halves of the seeds as a yardstick are ours.
    """
    before_right, before_wrong = _sides(baseline.correct)
    after_right, after_wrong = _sides(arm.correct)
    gain = arm.true_probability - baseline.true_probability
    fixed, added = np.flatnonzero(before_wrong & after_right), np.flatnonzero(before_right & after_wrong)
    fixed = fixed[np.argsort(-gain[fixed], kind="stable")]
    added = added[np.argsort(gain[added], kind="stable")]
    return Changes(
        fixed=tuple(_change(image, arm, baseline, baseline) for image in fixed),
        added=tuple(_change(image, arm, baseline, arm) for image in added),
        wrong_before=int(before_wrong.sum()),
        wrong_after=int(after_wrong.sum()),
        churn=_churn(arm, baseline),
    )


def _sides(correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool (N,) twice: images that most runs get right, and that most get wrong."""
    right = 2 * correct.sum(axis=0)
    return right > len(correct), right < len(correct)


def _churn(arm: ArmPredictions, baseline: ArmPredictions) -> Churn | None:
    """Compares groups of the same size, and of different seeds: the same seed shares initial weights and batches."""
    size = min(len(baseline.seeds), len(arm.seeds)) // 2
    if not size:
        return None
    generator = np.random.default_rng(0)  # draws of groups, the same every time
    alone, fixed, added = [], [], []
    for _ in range(DRAWS):
        order = generator.permutation(len(baseline.seeds))
        first, second = order[:size], order[size : 2 * size]
        taken = {baseline.seeds[index] for index in first}
        others = [index for index, seed in enumerate(arm.seeds) if seed not in taken]
        group = arm.correct[generator.permutation(others)[:size]]
        right, wrong = _sides(baseline.correct[first])
        again_right, again_wrong = _sides(baseline.correct[second])
        after_right, after_wrong = _sides(group)
        alone.append(((wrong & again_right).sum() + (right & again_wrong).sum()) / 2)
        fixed.append((wrong & after_right).sum())
        added.append((right & after_wrong).sum())
    return Churn(size, float(np.mean(alone)), float(np.mean(fixed)), float(np.mean(added)))


def _change(image: int, arm: ArmPredictions, baseline: ArmPredictions, wrong: ArmPredictions) -> Change:
    return Change(
        image=int(image),
        label=int(arm.labels[image]),
        predicted=int(wrong.wrong_class[image]),
        confidence=float(wrong.wrong_probability[image]),
        wrong_before=int(baseline.wrong[image]),
        runs_before=len(baseline.seeds),
        wrong_after=int(arm.wrong[image]),
        runs_after=len(arm.seeds),
    )
