"""The finding of a study in plain words: no more than the intervals carry."""

from collections.abc import Mapping, Sequence

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.diagnosis import Diagnosis
from regimen.analysis.outcomes import RunOutcome, count_status
from regimen.language import join, listing, plural, say

MANY = 6
"""More arms than these are not all named in a sentence."""


def answer(
    baseline: Sequence[RunOutcome], diagnosis: Diagnosis, comparisons: Mapping[str, Comparison], level: float
) -> str:
    """Says whether the model overfits and which remedy helps.

    Args:
        baseline: runs of the baseline.
        diagnosis: of the baseline.
        comparisons: arm → its comparison with the baseline.
        level: confidence of the interval of the gap.

    Returns:
        One sentence about the model, one about what helps, and one about arms with no verdict if there are any.
    """
    return join([_overfits(baseline, diagnosis, level), _remedies(comparisons), _missing(comparisons)])


def headline(diagnosis: Diagnosis, comparisons: Mapping[str, Comparison]) -> str:
    """The answer in one sentence.

    Args:
        diagnosis: of the baseline.
        comparisons: arm → its comparison with the baseline.
    """
    if diagnosis.overfits is None:
        overfits = say("Whether the model overfits cannot be said")
    elif diagnosis.overfits:
        overfits = say("The model overfits")
    else:
        overfits = say("The model shows no clear overfitting")
    if not comparisons:
        return say("{found}.", found=overfits)
    helping = [item for item in comparisons.items() if item[1].verdict is Verdict.HELPS]
    if not helping:
        return say("{overfits}, and no remedy tried here is shown to help.", overfits=overfits)
    arm, found = max(helping, key=lambda item: item[1].difference)
    if len(helping) == 1:
        return say(
            "{overfits}, and {arm} helps: validation accuracy rises by {amount}.",
            overfits=overfits,
            arm=arm,
            amount=_amount(found),
        )
    return say(
        "{overfits}, and {arm} helps most: validation accuracy rises by {amount}.",
        overfits=overfits,
        arm=arm,
        amount=_amount(found),
    )


def _overfits(baseline: Sequence[RunOutcome], diagnosis: Diagnosis, level: float) -> str:
    if diagnosis.overfits is None:
        return say("Whether the model overfits cannot be said. {reason}", reason=diagnosis.reason)
    if diagnosis.overfits:
        found = say("The model overfits from epoch {epoch} on", epoch=diagnosis.onset)
    else:
        found = say("The model shows no clear overfitting")
    diverged = count_status(baseline, "diverged")
    if diverged:
        aside = say("({diverged} of {runs} runs without a remedy diverged)", diverged=diverged, runs=len(baseline))
        found = join([found, aside])
    if diagnosis.gap != diagnosis.gap:  # NaN: unknown
        return say("{found}.", found=found)
    return say("{found}: {gap}.", found=found, gap=_gap(diagnosis, level))


def _gap(diagnosis: Diagnosis, level: float) -> str:
    gap = f"{abs(100 * diagnosis.gap):.1f}"
    if diagnosis.gap < 0:
        ends = say("training accuracy ends {gap} points below validation accuracy", gap=gap)
    else:
        ends = say("training accuracy ends {gap} points above validation accuracy", gap=gap)
    if diagnosis.gap_low is None or diagnosis.gap_high is None:
        return ends
    if diagnosis.gap_low * diagnosis.gap_high < 0:
        return say("{ends}, too unlike from seed to seed to be sure of", ends=ends)
    return join([ends, _interval(level, diagnosis.gap_low, diagnosis.gap_high)])


def _remedies(comparisons: Mapping[str, Comparison]) -> str:
    judged = [item for item in comparisons.items() if item[1].verdict is not Verdict.NONE]
    judged.sort(key=lambda item: -abs(item[1].difference))
    names = {verdict: [name for name, found in judged if found.verdict is verdict] for verdict in Verdict}
    told = [say("{arm} helps by {amount}", arm=n, amount=_amount(comparisons[n])) for n in names[Verdict.HELPS]]
    told += [say("{arm} hurts by {amount}", arm=n, amount=_amount(comparisons[n])) for n in names[Verdict.HURTS]]
    same, alike, unsure = (names[v] for v in (Verdict.EQUIVALENT, Verdict.IDENTICAL, Verdict.CANNOT_TELL))
    if same:
        told.append(
            plural(
                len(same),
                "{arms} makes no difference that matters",
                "{arms} make no difference that matters",
                arms=_several(same),
            )
        )
    if alike:
        told.append(
            plural(
                len(alike),
                "{arms} makes no difference at all to what is predicted here",
                "{arms} make no difference at all to what is predicted here",
                arms=_several(alike),
            )
        )
    if unsure:
        told.append(say("for {arms} these runs cannot tell", arms=_several(unsure)))
    if not told:
        return ""
    listed = join(told, "; ")
    if names[Verdict.HELPS]:
        return say("{found}.", found=listed)
    nothing = say("No remedy is shown to help: {found}.", found=listed)
    return join([nothing, _advice([(name, comparisons[name]) for name in unsure])])


def _several(names: Sequence[str]) -> str:
    """The names of arms; of many, the first ones and how many others there are."""
    if len(names) <= MANY:
        return listing(names)
    more = len(names) - MANY // 2
    return listing([*names[: MANY // 2], plural(more, "{number} other", "{number} others")])


def _advice(unsure: Sequence[tuple[str, Comparison]]) -> str:
    """What would settle it, for the arm with the largest difference where they need not agree."""
    if not unsure:
        return ""
    name, found = unsure[0]
    agree = all(other.reason == found.reason for _, other in unsure)
    return found.reason if agree else say("For {arm}: {reason}", arm=name, reason=found.reason)


def _amount(found: Comparison) -> str:
    shown = say("{points} points", points=f"{abs(100 * found.difference):.1f}")
    if found.low is None or found.high is None:
        return shown
    return join([shown, _interval(found.level, found.low, found.high)])


def _interval(level: float, *limits: float) -> str:
    """The limits of an interval that does not hold zero, without their sign."""
    low, high = sorted(abs(100 * limit) for limit in limits)
    return say("({level} % interval {low} to {high})", level=f"{100 * level:.4g}", low=f"{low:.1f}", high=f"{high:.1f}")


def _missing(comparisons: Mapping[str, Comparison]) -> str:
    names = [name for name, found in comparisons.items() if found.verdict is Verdict.NONE]
    if not names:
        return ""
    return say("No verdict on {arms}: {reason}", arms=_several(names), reason=comparisons[names[0]].reason)
