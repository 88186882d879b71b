"""What the numbers ask for: remarks on how they must be read, and what to do next."""

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.outcomes import count_status
from regimen.analysis.summary import StudySummary
from regimen.report.wording import count, level_percent, listing, percent, points, points_range

_MANY_SEEDS = 50  # more than this is a sign that images are missing, not seeds


def remarks(summary: StudySummary) -> list[str]:
    """How the table must be read: early stopping, other verdicts at the last epoch."""
    found = []
    stopped = [arm.name for arm in summary.arms if arm.judged_at == "last"]
    if stopped:
        found.append(
            f"{listing(stopped)}: judged by what training ended with, against the baseline's last epoch "
            f"({percent(summary.baseline.accuracy_last)} % validation accuracy)."
        )
    for arm in summary.arms:
        first, last = arm.comparison, arm.comparison_last
        if first and last and first.verdict is not last.verdict:
            found.append(f"{arm.name}: at the last epoch, the verdict would be {last.verdict!s} ({_shown(last)}).")
    return found


def levels(summary: StudySummary) -> str:
    """One sentence on the confidence of the intervals; empty without any."""
    compared = [arm.comparison for arm in summary.arms if arm.comparison and arm.comparison.low is not None]
    if not compared:
        return ""
    together = f" ({level_percent(summary.level)} over all together)" if compared[0].level != summary.level else ""
    return (
        f"Intervals are {level_percent(summary.level)} for accuracies and {level_percent(compared[0].level)} "
        f"for each difference{together}, over seeds and validation images."
    )


def undecided(summary: StudySummary) -> list[str]:
    """Why arms have no clear verdict; arms with the same reason share a line."""
    reasons: dict[str, list[str]] = {}
    for arm in summary.arms:
        if _is(arm.comparison, Verdict.CANNOT_TELL, Verdict.NONE):
            reasons.setdefault(arm.comparison.reason, []).append(arm.name)
    return [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]


def next_steps(summary: StudySummary) -> list[str]:
    """What to do next, the most urgent first."""
    compared = [arm for arm in summary.arms if arm.comparison]
    steps = []
    if any(count_status(arm.runs, "failed") for arm in summary.arms):
        steps.append("Run the same command again: only the failed runs are trained, finished ones are kept.")
    diverged = [arm.name for arm in summary.arms if count_status(arm.runs, "diverged")]
    if diverged:
        steps.append(f"Runs of {listing(diverged)} diverged: a lower --learning-rate may keep them from it.")
    helping = [arm.name for arm in compared if _is(arm.comparison, Verdict.HELPS)]
    helping.sort(key=lambda name: name != summary.best_arm)
    if len(helping) > 1:
        steps.append(f'Try {listing(helping)} together in one arm: --arm "… + …".')
    elif not helping and len(summary.seeds) > 1 and compared and summary.baseline.diagnosis.overfits:
        steps.append("Try other strengths: dropout=0.1|0.3|0.5 makes one arm per strength.")
    if compared and summary.baseline.diagnosis.overfits is False:
        steps.append("The baseline hardly overfits: more epochs or a larger model may gain more than a remedy.")
    # A diverged run makes an interval so wide that the numbers it asks for mean nothing.
    unsure = [arm for arm in compared if _is(arm.comparison, Verdict.CANNOT_TELL) and arm.name not in diverged]
    return steps + _decide([arm.comparison for arm in unsure], summary)


def _decide(unsure: list[Comparison], summary: StudySummary) -> list[str]:
    """How to settle what these runs cannot tell."""
    if not unsure:
        return []
    if len(summary.seeds) == 1:
        return ["Use more than one seed (--seeds 5): one seed cannot tell a remedy from luck."]
    seeds = [found.seeds_needed for found in unsure if found.seeds_needed]
    images = [found.images_needed for found in unsure if found.images_needed]
    steps = []
    wanted = f"a difference of {points(summary.margin, signed=False)} points"
    more = [number for number in seeds if len(summary.seeds) < number <= _MANY_SEEDS]
    if more:
        steps.append(f"Use --seeds {max(more)} to detect {wanted}: finished runs are kept.")
    if images or any(number > _MANY_SEEDS for number in seeds):
        images_now = count(summary.validation_images, "image")
        steps.append(f"Use a larger validation part (--validation; now {images_now}), or accept the doubt.")
    return steps


def _shown(found: Comparison) -> str:
    shown = f"{points(found.difference)} points"
    return shown if found.low is None else f"{shown}, {points_range(found.low, found.high)}"


def _is(found: Comparison | None, *verdicts: Verdict) -> bool:
    return found is not None and found.verdict in verdicts
