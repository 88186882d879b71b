"""What the analysis of errors says, in sentences: calibration, classes, what a remedy fixes and what it adds."""

from collections.abc import Sequence

from regimen.analysis.arm_errors import ArmErrors, ErrorAnalysis
from regimen.analysis.calibration import Calibration
from regimen.analysis.classes import ClassAccuracy
from regimen.analysis.mistakes import Changes, Churn
from regimen.language import Message, join, listing, plural, say
from regimen.report.wording import points, points_range

_FEW = 5  # classes in a sentence


def calibration_reading(found: Calibration) -> Message:
    """What a calibration error says: which side the confidence errs on, or that chance explains it."""
    if found.ece <= found.ece_chance_limit:
        return say("no more than chance")
    return say("overconfident") if found.confidence > found.accuracy else say("underconfident")


def changes_words(arm: ArmErrors) -> Message | None:
    """What an arm fixes and adds, beside what other seeds do; None for the baseline."""
    found = arm.changes
    if found is None:
        return None
    counts = say(
        "{arm} fixes {fixed} of the {wrong} errors that most baseline runs make on validation images and adds {added}.",
        arm=arm.name,
        fixed=f"{len(found.fixed):,}",
        wrong=f"{found.wrong_before:,}",
        added=f"{len(found.added):,}",
    )
    return join([counts, _churn_words(found)])


def classes_words(arm: ArmErrors, errors: ErrorAnalysis) -> list[Message]:
    """Which classes an arm recognizes better, and which less well, than the baseline, beyond chance."""
    better = [item for item in arm.classes if item.gained]
    worse = [item for item in arm.classes if item.lost]
    told = []
    if better:
        classes = _class_names(better, errors.class_names)
        told.append(
            say("{arm} recognizes better than the baseline, in points: {classes}.", arm=arm.name, classes=classes)
        )
    if worse:
        classes = _class_names(worse, errors.class_names)
        told.append(
            say("{arm} recognizes less well than the baseline, in points: {classes}.", arm=arm.name, classes=classes)
        )
    return told


def left_out_words(errors: ErrorAnalysis) -> list[Message]:
    """Runs that the analysis does not count, arm by arm."""
    return [
        plural(
            number,
            "{arm}: {number} run diverged or failed and is left out of the analysis of errors.",
            "{arm}: {number} runs diverged or failed and are left out of the analysis of errors.",
            arm=name,
        )
        for name, number in errors.left_out.items()
    ]


def _churn_words(found: Changes) -> Message:
    churn = found.churn
    if churn is None:
        return say("How many images other seeds would change cannot be said with fewer than two runs on each side.")
    return _single(churn) if churn.runs == 1 else _groups(churn)


def _single(churn: Churn) -> Message:
    return say(
        "From one baseline run to another with another seed, {alone} images turn right and as many wrong, on average; "
        "from a baseline run to one of the arm, {fixed} turn right and {added} wrong.",
        **_counts(churn),
    )


def _groups(churn: Churn) -> Message:
    return say(
        "From {runs} baseline runs to {runs} others with other seeds, {alone} images turn right and as many wrong, on "
        "average; from {runs} baseline runs to {runs} of the arm, {fixed} turn right and {added} wrong.",
        runs=churn.runs,
        **_counts(churn),
    )


def _counts(churn: Churn) -> dict[str, str]:
    """Means: with a decimal where they are small."""
    counts = {name: getattr(churn, name) for name in ("fixed", "added", "alone")}
    return {name: f"{count:,.{0 if count >= 10 else 1}f}" for name, count in counts.items()}


def _class_names(moved: Sequence[ClassAccuracy], names: Sequence[str]) -> str:
    ranked = sorted(moved, key=lambda item: -abs(item.difference))
    shown: list[str] = [
        say(
            "{name} {difference} ({limits})",
            name=names[item.index],
            difference=points(item.difference),
            limits=points_range(item.difference_low, item.difference_high),
        )
        for item in ranked[:_FEW]
    ]
    more = len(ranked) - len(shown)
    return listing([*shown, *([plural(more, "{number} other", "{number} others")] if more else [])])
