"""Remarks on a test part that does not say what the validation part says."""

from regimen.analysis.summary import ArmSummary, StudySummary
from regimen.language import Message, join, listing, say
from regimen.report.wording import level_percent, points, points_range, verdict_word


def disagreements(summary: StudySummary) -> list[Message]:
    """What must be known where test and validation part differ by more than chance; nothing where they agree.

    Args:
        summary: the findings.
    """
    return [
        *(_difference(arm) for arm in summary.arms if arm.tested and arm.tested.contradicts),
        *filter(None, (_accuracy(summary, lower) for lower in (True, False))),
    ]


def _difference(arm: ArmSummary) -> Message:
    tested, contrast = arm.tested, arm.tested.contrast
    found = say(
        "{arm}: the test part disagrees with the validation part: against the baseline {test} points on test images "
        "({test_verdict}), {validation} points on validation images ({validation_verdict}), at the selected epochs.",
        arm=arm.name,
        test=points(tested.comparison.difference),
        test_verdict=verdict_word(tested.comparison.verdict),
        validation=points(tested.on_validation.difference),
        validation_verdict=verdict_word(tested.on_validation.verdict),
    )
    between = ""
    if contrast is not None:
        between = say(
            "Test minus validation is {difference} points ({level} interval {limits}).",
            difference=points(contrast.difference),
            level=level_percent(contrast.level),
            limits=points_range(contrast.low, contrast.high),
        )
    advice = say("Epochs and the winner were selected on validation, nothing on the test part: believe the test part.")
    return join([found, between, advice])


def _accuracy(summary: StudySummary, lower: bool) -> Message | None:
    """Arms whose test accuracy is not their validation accuracy, in one sentence."""
    shifted = [(arm.name, arm.tested.shift) for arm in summary.arms if arm.tested and arm.tested.shift]
    shifted = [(name, found) for name, found in shifted if found.beyond_chance and (found.difference < 0) == lower]
    if not shifted:
        return None
    amounts = [
        say(
            "{arm} {difference} points ({limits})",
            arm=name,
            difference=points(found.difference),
            limits=points_range(found.low, found.high),
        )
        for name, found in shifted
    ]
    arms, level = listing(amounts), level_percent(shifted[0][1].level)
    if lower:
        return say(
            "Test accuracy is below validation accuracy by more than chance explains, at the selected epochs: {arms}; "
            "{level} intervals. The test images may be of another kind. A part of it may be selection: the epochs were "
            "chosen on the validation images, which flatters these a little.",
            arms=arms,
            level=level,
        )
    return say(
        "Test accuracy is above validation accuracy by more than chance explains, at the selected epochs: {arms}; "
        "{level} intervals. The test images may be easier, or some of them may be among the training images.",
        arms=arms,
        level=level,
    )
