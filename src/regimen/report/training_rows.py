"""Diagnoses of trainings as rows of words: what the terminal and notebooks show alike."""

from collections.abc import Sequence

from regimen.analysis.single_runs import MOST_REPEATS, SingleRuns
from regimen.analysis.training_verdict import TrainingDiagnosis
from regimen.language import Message, listing, say
from regimen.report.grid import Grid
from regimen.report.wording import MISSING, percent, points

VERDICT_WORDS = {
    "overfits": say("overfits"),
    "underfits": say("underfits"),
    "fine": say("fine"),
    "too short": say("too short"),
    "too noisy": say("too noisy"),
    "diverged": say("diverged"),
    "cannot tell": say("cannot tell"),
}
"""What each verdict is called."""


def verdict_grid(diagnoses: Sequence[TrainingDiagnosis]) -> Grid:
    """One row per training: verdict, onset, where to stop, what was wasted, the gap and its trend."""
    heads = (
        say("training"),
        say("verdict"),
        say("overfits\nsince"),
        say("lowest\nval. loss"),
        say("wasted,\n%"),
        say("gap,\npoints"),
        say("trend,\nper epoch"),
    )
    rows = tuple(
        (
            found.name,
            VERDICT_WORDS[found.verdict],
            MISSING if found.onset is None else say("epoch {epoch}", epoch=found.onset),
            MISSING if found.stop_epoch is None else say("epoch {epoch}", epoch=found.stop_epoch),
            MISSING if found.wasted is None else f"{100 * found.wasted:.0f}",
            points(found.gap),
            points(found.gap_trend),
        )
        for found in diagnoses
    )
    return Grid(heads, rows)


def order_grid(compared: SingleRuns) -> Grid:
    """One row per training, best first: score, distance from the best, and what that is worth."""
    by_accuracy = compared.by == "accuracy"
    heads = (
        say("training"),
        say("val. acc. at\nlowest loss, %") if by_accuracy else say("lowest\nval. loss"),
        say("behind,\npoints") if by_accuracy else say("behind"),
        say("within\nchance"),
        say("runs of each\nto show it, at least"),
    )
    rows = tuple(
        (
            run.name,
            percent(run.score) if by_accuracy else f"{run.score:.4g}",
            MISSING
            if run.within_noise is None and not run.behind
            else points(run.behind, signed=False)
            if by_accuracy
            else f"{run.behind:.3g}",
            MISSING if run.within_noise is None else say("yes") if run.within_noise else say("no"),
            f"> {MOST_REPEATS:,}" if run.beyond_reach else MISSING if run.repeats is None else f"{run.repeats:,}",
        )
        for run in compared.runs
    )
    return Grid(heads, rows)


def told(diagnoses: Sequence[TrainingDiagnosis]) -> list[Message]:
    """The answer for each training, under its name where there are several."""
    if len(diagnoses) == 1:
        return [diagnoses[0].summary]
    return [say("{name}: {answer}", name=found.name, answer=found.summary) for found in diagnoses]


def noted(diagnoses: Sequence[TrainingDiagnosis]) -> list[str]:
    """Every remark once, with the trainings that it holds for where it does not hold for all."""
    holders: dict[str, list[str]] = {}
    for found in diagnoses:
        for remark in found.remarks:
            holders.setdefault(remark, []).append(found.name)
    return [
        remark if len(names) == len(diagnoses) else say("{names}: {remark}", names=listing(names), remark=remark)
        for remark, names in holders.items()
    ]
