"""What arms get wrong, ready to be shown: rows of tables, sentences, and which pictures go with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from regimen.analysis.arm_errors import ArmErrors, ErrorAnalysis
from regimen.analysis.classes import ClassAccuracy, Confusion
from regimen.analysis.mistakes import Change, Mistake
from regimen.language import say
from regimen.report.error_words import calibration_reading, changes_words, classes_words, left_out_words
from regimen.report.wording import MISSING, percent, percent_range, points, points_range

SHOWN = 8  # pictures of each list
_CONFUSIONS = 12


@dataclass(frozen=True)
class ClassRow:
    """One class in one arm."""

    name: str
    images: str
    accuracy: str
    interval: str
    difference: str
    difference_interval: str


@dataclass(frozen=True)
class ConfusionRow:
    """One pair of classes in one arm."""

    true: str
    predicted: str
    images: str
    share: str
    baseline: str


@dataclass(frozen=True)
class CalibrationRow:
    """How well calibrated an arm is; errors and differences in points, the others in %."""

    arm: str
    error: str
    interval: str
    by_chance: str
    confidence: str
    accuracy: str
    difference: str
    difference_interval: str
    reading: str


@dataclass(frozen=True)
class ArmMistakes:
    """One arm of the section on mistakes.

    Attributes:
        name: of the arm.
        compared: whether it is compared with the baseline.
        told: what it fixes and adds, and which classes gain and lose, in sentences.
        mistakes: most confidently wrong images.
        fixed: images that it puts right.
        added: images that it spoils.
        classes: rows of the table of classes.
        confusions: rows of the table of confusions.
    """

    name: str
    compared: bool
    told: Sequence[str]
    mistakes: Sequence[Mistake]
    fixed: Sequence[Change]
    added: Sequence[Change]
    classes: Sequence[ClassRow]
    confusions: Sequence[ConfusionRow]


@dataclass(frozen=True)
class Mistakes:
    """The section on mistakes.

    Attributes:
        calibration: a row per arm.
        left_out: sentences on runs that are not counted.
        arms: those with a finished run.
        first: the arm that is shown before the reader chooses.
    """

    calibration: Sequence[CalibrationRow]
    left_out: Sequence[str]
    arms: Sequence[ArmMistakes]
    first: str


def describe(errors: ErrorAnalysis, first: str) -> Mistakes:
    """Puts an analysis of errors into rows and sentences.

    Args:
        errors: of a study, with at least one arm.
        first: the arm to show first, if it has a finished run.
    """
    names = [arm.name for arm in errors.arms]
    return Mistakes(
        calibration=[_calibration(arm) for arm in errors.arms],
        left_out=left_out_words(errors),
        arms=[_arm(arm, errors) for arm in errors.arms],
        first=first if first in names else names[0],
    )


def mistake_caption(item: Mistake, names: Sequence[str]) -> str:
    """What stands under the picture of a mistake."""
    return say(
        "{true}, taken for {predicted} with {confidence} %; wrong in {wrong} of {runs} runs",
        true=names[item.label],
        predicted=names[item.predicted],
        confidence=percent(item.confidence),
        wrong=item.wrong,
        runs=item.runs,
    )


def change_caption(item: Change, names: Sequence[str]) -> str:
    """What stands under the picture of an image that changed sides."""
    return say(
        "{true}, not {predicted}; wrong in {before} of {runs_before} baseline runs and in {after} of {runs_after} here",
        true=names[item.label],
        predicted=names[item.predicted],
        before=item.wrong_before,
        runs_before=item.runs_before,
        after=item.wrong_after,
        runs_after=item.runs_after,
    )


def _arm(arm: ArmErrors, errors: ErrorAnalysis) -> ArmMistakes:
    found = changes_words(arm)
    return ArmMistakes(
        name=arm.name,
        compared=arm.changes is not None,
        told=[*([found] if found else []), *classes_words(arm, errors)],
        mistakes=arm.mistakes[:SHOWN],
        fixed=arm.changes.fixed[:SHOWN] if arm.changes else (),
        added=arm.changes.added[:SHOWN] if arm.changes else (),
        classes=[_class(item, errors.class_names) for item in arm.classes],
        confusions=[_confusion(item, errors.class_names) for item in arm.confusions[:_CONFUSIONS]],
    )


def _calibration(arm: ArmErrors) -> CalibrationRow:
    found = arm.calibration
    return CalibrationRow(
        arm=arm.name,
        error=points(found.ece, signed=False),
        interval=percent_range(found.ece_low, found.ece_high),
        by_chance=points(found.ece_by_chance, signed=False),
        confidence=percent(found.confidence),
        accuracy=percent(found.accuracy),
        difference=points(found.difference),
        difference_interval=points_range(found.difference_low, found.difference_high),
        reading=calibration_reading(found),
    )


def _class(item: ClassAccuracy, names: Sequence[str]) -> ClassRow:
    return ClassRow(
        name=names[item.index],
        images=f"{item.images:,}",
        accuracy=percent(item.accuracy),
        interval=percent_range(item.low, item.high),
        difference=points(item.difference),
        difference_interval=points_range(item.difference_low, item.difference_high),
    )


def _confusion(item: Confusion, names: Sequence[str]) -> ConfusionRow:
    return ConfusionRow(
        true=names[item.true],
        predicted=names[item.predicted],
        images=f"{item.images:.1f}",
        share=percent(item.share),
        baseline=MISSING if item.baseline_images is None else f"{item.baseline_images:.1f}",
    )
