"""What the runs of a study get wrong, arm by arm: calibration, classes, confusions, mistakes, and what changes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from regimen.analysis.calibration import Calibration, calibrate
from regimen.analysis.classes import ClassAccuracy, Confusion, class_accuracies, confusion_matrix, confusions
from regimen.analysis.mistakes import Change, Changes, Mistake, changes, most_confident
from regimen.analysis.predictions import gather

LISTED = 100
"""Mistakes, and pairs of classes, in each list."""

Reader = Callable[[str, str], Iterator[tuple[int, np.ndarray]]]
"""(arm, ``selected`` or ``last``) → its finished runs, one by one: (seed, float (N, K) probabilities)."""


@dataclass(frozen=True, eq=False)
class ArmErrors:
    """What the finished runs of an arm get wrong on the validation part, at the epoch where it is judged.

    Attributes:
        name: of the arm.
        judged_at: ``selected`` or ``last``; the baseline it is compared with is taken at the same.
        seeds: of its finished runs.
        calibration: whether it is right as often as it says.
        classes: every class.
        confusion: float64 (K, K), images of class row taken for class column, mean over runs.
        confusions: the pairs of classes confused most.
        mistakes: the images that are wrong with the most confidence.
        changes: what it fixes and adds; None for the baseline, or if none of the baseline's runs finished.
    """

    name: str
    judged_at: str
    seeds: tuple[int, ...]
    calibration: Calibration
    classes: tuple[ClassAccuracy, ...]
    confusion: np.ndarray
    confusions: tuple[Confusion, ...]
    mistakes: tuple[Mistake, ...]
    changes: Changes | None


@dataclass(frozen=True, eq=False, repr=False)
class ErrorAnalysis:
    """The errors of a study.

    Attributes:
        class_names: K names.
        images: validation images.
        level: confidence of the intervals.
        arms: those with a finished run, in the order of the study.
        left_out: arm → how many of its runs diverged or failed, and have no probabilities worth the name; arms
            without any are not named.
    """

    class_names: tuple[str, ...]
    images: int
    level: float
    arms: tuple[ArmErrors, ...]
    left_out: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<ErrorAnalysis of {len(self.arms)} arms on {self.images} validation images>"

    def arm(self, name: str) -> ArmErrors | None:
        """The errors of an arm; None if none of its runs finished."""
        return next((arm for arm in self.arms if arm.name == name), None)


def analyze_errors(
    read: Reader,
    labels: np.ndarray,
    class_names: Sequence[str],
    judged_at: Mapping[str, str],
    *,
    left_out: Mapping[str, int] | None = None,
    looks: int = 1,
    level: float = 0.95,
) -> ErrorAnalysis:
    """Analyses the errors of every arm. Memory holds the probabilities of one run at a time.

    Args:
        read: gives the runs of an arm.
        labels: int (N,), of the validation images.
        class_names: K names.
        judged_at: arm → ``selected`` or ``last``, the baseline first.
        left_out: arm → number of its runs that ``read`` does not give.
        looks: how often the study may be looked at; differences to the baseline allow for it (Bonferroni).
        level: confidence of the intervals.
    """
    baseline = next(iter(judged_at))
    others = [name for name in judged_at if name != baseline]
    yardsticks = {
        kind: gather(read(baseline, kind), labels) for kind in sorted({*judged_at.values(), judged_at[baseline]})
    }
    matrices = {kind: None if found is None else confusion_matrix(found) for kind, found in yardsticks.items()}

    def errors(name: str, judged: str) -> ArmErrors | None:
        is_baseline = name == baseline
        found = yardsticks[judged] if is_baseline else gather(read(name, judged), labels)
        if found is None:
            return None
        against = None if is_baseline else yardsticks[judged]
        matrix = matrices[judged] if is_baseline else confusion_matrix(found)
        return ArmErrors(
            name=name,
            judged_at=judged,
            seeds=found.seeds,
            calibration=calibrate(found, against, level=level),
            classes=class_accuracies(found, against, level=level, arms=len(others) * looks),
            confusion=matrix,
            confusions=confusions(matrix, None if is_baseline else matrices[judged], LISTED),
            mistakes=most_confident(found, LISTED),
            changes=None if against is None else changes(found, against),
        )

    arms = (errors(name, judged) for name, judged in judged_at.items())
    return ErrorAnalysis(
        class_names=tuple(class_names),
        images=len(labels),
        level=level,
        arms=tuple(arm for arm in arms if arm is not None),
        left_out={name: count for name, count in (left_out or {}).items() if count},
    )


def worth_a_picture(errors: ErrorAnalysis, each: int, limit: int) -> list[int]:
    """The images to show: of every arm the first of its mistakes, of what it fixes and adds, then the second, ….

    Args:
        errors: of a study.
        each: how many of each list.
        limit: how many images at most.

    Returns:
        Positions in the validation part, no image twice.
    """
    lists: list[Sequence[Mistake | Change]] = []
    for arm in errors.arms:
        lists += [arm.mistakes, *((arm.changes.fixed, arm.changes.added) if arm.changes else ())]
    ranked = [found[rank].image for rank in range(each) for found in lists if rank < len(found)]
    return list(dict.fromkeys(ranked))[:limit]
