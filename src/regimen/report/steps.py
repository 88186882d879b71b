"""The steps of a search, in words and in a terminal."""

from collections.abc import Sequence

from rich.console import Console

from regimen.analysis.selection import LEVEL, Step
from regimen.analysis.summary import BASELINE
from regimen.language import Message, join, plural, say
from regimen.report.grid import Grid, print_grid
from regimen.report.wording import level_percent, percent, points, points_range, verdict_word
from regimen.report.writer import Writer


def outcome(step: Step) -> Message:
    """What a step has found, in one sentence."""
    if step.taken is None:
        return plural(
            len(step.candidates),
            "{number} remedy tried on {before}, which is not shown to help",
            "{number} remedies tried on {before}, none of which is shown to help",
            before=step.before,
        )
    found = step.taken.comparison
    return say(
        "{name} taken on {before}: {difference} points ({interval}), the best of {number} tried",
        number=str(len(step.candidates)),
        name=step.taken.name,
        before=step.before,
        difference=points(found.difference),
        interval=points_range(found.low, found.high),
    )


def path(steps: Sequence[Step]) -> Message:
    """What every step has found."""
    told = [say("step {step}: {outcome}", step=place, outcome=outcome(step)) for place, step in enumerate(steps, 1)]
    return join(told, "; ")


def print_steps(console: Console, steps: Sequence[Step], ended: str, seeds: int, lang: str = "en") -> None:
    """Prints what a search tried, step by step.

    Args:
        console: where to; its width and encoding are respected.
        steps: of the search.
        ended: why there were no more.
        seeds: runs per candidate.
        lang: one of `regimen.language.LANGUAGES`.
    """
    write = Writer(console, lang)
    for place, step in enumerate(steps, 1):
        write.line()
        head = say("Step {step}, on {before} ({accuracy} %)", step=place, **_known(step))
        write.line(head, style="bold")
        write.line()
        print_grid(write, grid(step))
        left_out = [say("{name} was left out: {why}", name=name, why=why) for name, why in step.left_out.items()]
        for words in left_out:
            write.line(words, style="dim")
    write.line()
    write.line(ended)
    known = plural(
        seeds,
        "Differences are to the line in bold, over {number} seed and the images on which the search validated; "
        "intervals are {level}, each by itself: they select, and are no verdicts.",
        "Differences are to the line in bold, over {number} seeds and the images on which the search validated; "
        "intervals are {level}, each by itself: they select, and are no verdicts.",
        level=level_percent(LEVEL),
    )
    write.line(known, style="dim")


def grid(step: Step) -> Grid:
    """One row per candidate, the largest difference first."""
    heads = (say("added"), say("val.\nacc., %"), say("difference,\npoints"), say("interval"), say("in this step"))
    rows = tuple(
        (
            tried.name,
            percent(tried.accuracy),
            points(tried.comparison.difference),
            points_range(tried.comparison.low, tried.comparison.high),
            say("helps: taken") if tried is step.taken else verdict_word(tried.comparison.verdict),
        )
        for tried in step.candidates
    )
    return Grid(heads, rows)


def _known(step: Step) -> dict[str, str]:
    before = say("the model as it is") if step.before == BASELINE else step.before
    return {"before": before, "accuracy": percent(step.accuracy)}
