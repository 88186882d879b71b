"""Which arms of a study are one remedy at several strengths."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from regimen.analysis.dose import Family
from regimen.errors import RemedyError
from regimen.plan import BASELINE, Arm
from regimen.remedies import Combination, Remedy, parse_arms


def remedy_of(arm: Arm) -> Remedy | None:
    """The remedy of an arm, read back from its receipts; None for the baseline, and for one that is not known here."""
    if not arm.receipts:
        return None
    try:
        (remedy,) = parse_arms(" + ".join(receipt.remedy for receipt in arm.receipts)).values()
    except RemedyError:  # written by a version that knew another remedy
        return None
    return remedy


def find_families(arms: Sequence[Arm], judged_at: Mapping[str, str]) -> tuple[Family, ...]:
    """The dose–response families among the arms of a study.

    Arms belong together that differ in the value of one numeric parameter of one remedy and in nothing else. What they
    have in common apart from that remedy (the baseline where that is nothing) is the family's strength zero, where the
    parameter is the remedy's strength and may be zero. Two strengths besides that make a family.

    Args:
        arms: of a study, the baseline among them.
        judged_at: arm → ``selected`` or ``last``.

    Returns:
        Families in the order of their first arms; an arm can be in several.
    """
    remedies = {arm.name: remedy_of(arm) for arm in arms}
    members: dict[tuple[str, int, str], dict[float, str]] = {}
    for name, remedy in remedies.items():
        for index, part in enumerate(remedy.parts if remedy else ()):
            for parameter in _numbers(part):
                texts = [p.written(parameter) if i == index else str(p) for i, p in enumerate(remedy.parts)]
                found = members.setdefault((" + ".join(texts), index, parameter), {})
                found.setdefault(getattr(part, parameter), name)  # of two arms that are the same, the first
    written = {str(remedy): name for name, remedy in remedies.items() if remedy}
    stops = {arm.name: arm.plan.stopping for arm in arms}
    families = []
    for (pattern, index, parameter), found in members.items():
        first = remedies[next(iter(found.values()))]
        part, others = first.parts[index], [p for i, p in enumerate(first.parts) if i != index]
        has_zero = parameter == part.strength and _allowed(part, parameter, 0)
        if sum(bool(value) or not has_zero for value in found) < 2:
            continue
        without = written.get(str(Combination(tuple(others)))) if others else BASELINE
        if has_zero and without:
            found.setdefault(0.0, without)
        names = [found[value] for value in sorted(found)]
        # What stopped early and went back to its best epoch is judged there.
        last = any(judged_at.get(name) == "last" and not (stops[name] and stops[name].restore_best) for name in names)
        family = Family(
            pattern=pattern,
            word=part.word,
            parameter=parameter,
            strengths=tuple(map(float, sorted(found))),
            arms=tuple(names),
            judged_at="last" if last else "selected",
            smaller_allowed=_allowed(part, parameter, _below(min(found))),
            larger_allowed=_allowed(part, parameter, _above(max(found))),
        )
        families.append(family)
    return tuple(families)


def _numbers(remedy: Remedy) -> list[str]:
    """The parameters that are numbers."""
    values = {item.name: getattr(remedy, item.name) for item in fields(remedy)}
    return [name for name, value in values.items() if isinstance(value, int | float) and not isinstance(value, bool)]


def _allowed(remedy: Remedy, parameter: str, value: float) -> bool:
    try:
        replace(remedy, **{parameter: value})
    except RemedyError:
        return False
    return True


def _above(value: float) -> float:
    return value + 1 if isinstance(value, int) else value * (1 + 1e-6) + 1e-12


def _below(value: float) -> float:
    return value - 1 if isinstance(value, int) else value * (1 - 1e-6) - 1e-12
