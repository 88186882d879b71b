"""What the numbers ask for: remarks on how they must be read, and what to do next."""

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.outcomes import count_status
from regimen.analysis.summary import StudySummary
from regimen.language import join, listing, say
from regimen.report.disagreement import disagreements
from regimen.report.wording import (
    level_percent,
    percent,
    points,
    points_range,
    verdict_word,
)

_MANY_SEEDS = 50  # more than this is a sign that images are missing, not seeds


def remarks(summary: StudySummary) -> list[str]:
    """How the table must be read: few seeds, early stopping, the last epoch, a test part that disagrees."""
    found = []
    if summary.looks:
        found.append(
            say(
                "The study was to end at the first look, after {looks} seeds, that leaves no arm undecided; "
                "it has {seeds} seeds.",
                looks=listing([str(seeds) for seeds in summary.looks]),
                seeds=len(summary.seeds),
            )
        )
    if len(summary.seeds) == 2 and len(summary.arms) > 1:
        found.append(
            say(
                "Two seeds are too few for the error rate that is stated: in simulations, 7 to 13 % of such studies "
                "call an arm wrongly instead of 5 %."
            )
        )
    stopped = [arm.name for arm in summary.arms if arm.judged_at == "last"]
    if stopped:
        found.append(
            say(
                "{arms}: judged by what training ended with, against the baseline's last epoch "
                "({accuracy} % validation accuracy).",
                arms=listing(stopped),
                accuracy=percent(summary.baseline.accuracy_last),
            )
        )
    for arm in summary.arms:
        first, last = arm.comparison, arm.comparison_last
        if first and last and first.verdict is not last.verdict:
            found.append(
                say(
                    "{arm}: at the last epoch, the verdict would be {verdict} ({difference}).",
                    arm=arm.name,
                    verdict=verdict_word(last.verdict),
                    difference=_shown(last),
                )
            )
    return [*found, *disagreements(summary), *_top5(summary)]


def _top5(summary: StudySummary) -> list[str]:
    """How often the class is among the five most probable ones, where there are many classes."""
    rates = {arm.name: [run.top5 for run in arm.runs if run.top5 is not None] for arm in summary.arms}
    shown = [
        say("{arm} {accuracy} %", arm=arm, accuracy=percent(sum(found) / len(found)))
        for arm, found in rates.items()
        if found
    ]
    if not shown:
        return []
    return [say("Top-5 accuracy (the class is among the five most probable): {arms}.", arms=join(shown, ", "))]


def levels(summary: StudySummary) -> str:
    """One sentence on the confidence of the intervals; empty without any."""
    compared = [arm.comparison for arm in summary.arms if arm.comparison and arm.comparison.low is not None]
    if not compared:
        return ""
    level, each = level_percent(summary.level), level_percent(compared[0].level)
    if summary.looks:
        return say(
            "Intervals are {level} for accuracies and {each} for each difference ({level} over all arms and the "
            "looks after {looks} seeds together), over seeds and validation images.",
            level=level,
            each=each,
            looks=listing([str(seeds) for seeds in summary.looks]),
        )
    if level == each:
        return say(
            "Intervals are {level} for accuracies and for each difference, over seeds and validation images.",
            level=level,
        )
    return say(
        "Intervals are {level} for accuracies and {each} for each difference ({level} over all together), "
        "over seeds and validation images.",
        level=level,
        each=each,
    )


def undecided(summary: StudySummary) -> list[str]:
    """Why arms have no clear verdict; arms with the same reason share a line."""
    reasons: dict[str, list[str]] = {}
    for arm in summary.arms:
        if _is(arm.comparison, Verdict.CANNOT_TELL, Verdict.NONE):
            reasons.setdefault(arm.comparison.reason, []).append(arm.name)
    return [say("{arms}: {reason}", arms=", ".join(names), reason=reason) for reason, names in reasons.items()]


def next_steps(summary: StudySummary) -> list[str]:
    """What to do next, the most urgent first."""
    compared = [arm for arm in summary.arms if arm.comparison]
    steps = []
    if any(count_status(arm.runs, "failed") for arm in summary.arms):
        steps.append(say("Run the same command again: only the failed runs are trained, finished ones are kept."))
    diverged = [arm.name for arm in summary.arms if count_status(arm.runs, "diverged")]
    if diverged:
        steps.append(
            say("Runs of {arms} diverged: a lower --learning-rate may keep them from it.", arms=listing(diverged))
        )
    if len(summary.seeds) == 2 and compared and not summary.looks:
        steps.append(say("Use --seeds 5 before you rely on a verdict: finished runs are kept."))
    helping = [arm.name for arm in compared if _is(arm.comparison, Verdict.HELPS)]
    helping.sort(key=lambda name: name != summary.best_arm)
    if len(helping) > 1:
        steps.append(say('Try {arms} together in one arm: --arm "… + …".', arms=listing(helping)))
    elif not helping and len(summary.seeds) > 1 and compared and summary.baseline.diagnosis.overfits:
        steps.append(say("Try other remedies or strengths: dropout=0.1|0.3|0.5 makes one arm per strength."))
    if compared and summary.baseline.diagnosis.overfits is False:
        steps.append(say("The baseline hardly overfits: more epochs or a larger model may gain more than a remedy."))
    # A diverged run makes an interval so wide that the numbers it asks for mean nothing.
    unsure = [arm for arm in compared if _is(arm.comparison, Verdict.CANNOT_TELL) and arm.name not in diverged]
    return steps + _decide([arm.comparison for arm in unsure], summary)


def _decide(unsure: list[Comparison], summary: StudySummary) -> list[str]:
    """How to settle what these runs cannot tell."""
    if not unsure:
        return []
    if len(summary.seeds) == 1:
        return [say("Use more than one seed (--seeds 5): one seed cannot tell a remedy from luck.")]
    seeds = [found.seeds_needed for found in unsure if found.seeds_needed]
    images = [found.images_needed for found in unsure if found.images_needed]
    steps = []
    more = [number for number in seeds if len(summary.seeds) < number <= _MANY_SEEDS]
    if more and not summary.looks:  # verdicts of more looks than were planned would not hold
        steps.append(
            say(
                "Use --seeds {seeds} to detect a difference of {margin} points: finished runs are kept.",
                seeds=max(more),
                margin=points(summary.margin, signed=False),
            )
        )
    seen = [number for found in unsure if (number := found.seeds_for_seen) and number <= _MANY_SEEDS]
    if not more and seen and not summary.looks:
        steps.append(
            say(
                "Use --seeds {seeds} to detect differences as large as those seen here: finished runs are kept.",
                seeds=max(seen),
            )
        )
    larger = max((found.detectable for found in unsure if found.detectable), default=0.0)
    if 0 < larger < 1:
        steps.append(
            say(
                "Use a larger validation part (--validation; now {images} images), or ask for a larger difference "
                "(--margin {margin}).",
                images=f"{summary.validation_images:,}",
                margin=f"{100 * larger:.3g}",
            )
        )
    elif images or any(number > _MANY_SEEDS for number in seeds):
        steps.append(
            say(
                "Use a larger validation part (--validation; now {images} images), or accept the doubt.",
                images=f"{summary.validation_images:,}",
            )
        )
    return steps


def _shown(found: Comparison) -> str:
    shown = say("{points} points", points=points(found.difference))
    return shown if found.low is None else join([shown, points_range(found.low, found.high)], ", ")


def _is(found: Comparison | None, *verdicts: Verdict) -> bool:
    return found is not None and found.verdict in verdicts
