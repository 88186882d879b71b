"""The finding of a study in plain words: no more than the intervals carry."""

from collections.abc import Mapping, Sequence

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.diagnosis import Diagnosis
from regimen.analysis.outcomes import RunOutcome, count_status


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
    return " ".join(
        filter(None, [_overfits(baseline, diagnosis, level), _remedies(comparisons), _missing(comparisons)])
    )


def _overfits(baseline: Sequence[RunOutcome], diagnosis: Diagnosis, level: float) -> str:
    if diagnosis.overfits is None:
        return f"Whether the model overfits cannot be said. {diagnosis.reason}"
    diverged = count_status(baseline, "diverged")
    aside = f" ({diverged} of {len(baseline)} runs without a remedy diverged)" if diverged else ""
    if not diagnosis.overfits:
        return f"The model shows no clear overfitting{aside}{_gap(diagnosis, level)}."
    return f"The model overfits from epoch {diagnosis.onset} on{aside}{_gap(diagnosis, level)}."


def _gap(diagnosis: Diagnosis, level: float) -> str:
    if diagnosis.gap != diagnosis.gap:  # NaN: unknown
        return ""
    side = "below" if diagnosis.gap < 0 else "above"
    ends = f": training accuracy ends {abs(100 * diagnosis.gap):.1f} points {side} validation accuracy"
    if diagnosis.gap_low is None or diagnosis.gap_high is None:
        return ends
    limits = sorted(abs(100 * limit) for limit in (diagnosis.gap_low, diagnosis.gap_high))
    if diagnosis.gap_low * diagnosis.gap_high < 0:
        return f"{ends}, too unlike from seed to seed to be sure of"
    return f"{ends} ({100 * level:.4g} % interval {limits[0]:.1f} to {limits[1]:.1f})"


def _remedies(comparisons: Mapping[str, Comparison]) -> str:
    judged = [item for item in comparisons.items() if item[1].verdict is not Verdict.NONE]
    judged.sort(key=lambda item: -abs(item[1].difference))
    names = {verdict: [name for name, found in judged if found.verdict is verdict] for verdict in Verdict}
    told = [
        f"{name} {verdict} by {_amount(comparisons[name])}"
        for verdict in (Verdict.HELPS, Verdict.HURTS)
        for name in names[verdict]
    ]
    for verdict, words in (
        (Verdict.EQUIVALENT, "no difference that matters"),
        (Verdict.IDENTICAL, "no difference at all to what is predicted here"),
    ):
        if names[verdict]:
            told.append(f"{_list(names[verdict])} make{'s' if len(names[verdict]) == 1 else ''} {words}")
    unsure = names[Verdict.CANNOT_TELL]
    if unsure:
        told.append(f"for {_list(unsure)} these runs cannot tell")
    if not told:
        return ""
    if names[Verdict.HELPS]:
        return f"{'; '.join(told)}."
    return f"No remedy is shown to help: {'; '.join(told)}.{_advice([(name, comparisons[name]) for name in unsure])}"


def _advice(unsure: Sequence[tuple[str, Comparison]]) -> str:
    """What would settle it, for the arm with the largest difference where they need not agree."""
    if not unsure:
        return ""
    name, found = unsure[0]
    agree = all(other.reason == found.reason for _, other in unsure)
    return f" {found.reason}" if agree else f" For {name}: {found.reason}"


def _amount(found: Comparison) -> str:
    shown = f"{abs(100 * found.difference):.1f} points"
    if found.low is None or found.high is None:
        return shown
    low, high = sorted((abs(100 * found.low), abs(100 * found.high)))
    return f"{shown} ({100 * found.level:.4g} % interval {low:.1f} to {high:.1f})"


def _missing(comparisons: Mapping[str, Comparison]) -> str:
    names = [name for name, found in comparisons.items() if found.verdict is Verdict.NONE]
    if not names:
        return ""
    return f"No verdict on {_list(names)}: {comparisons[names[0]].reason}"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
