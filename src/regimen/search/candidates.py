"""What a search tries: the remedies it begins with, and what remains of them on top of those that are taken."""

import itertools
from collections.abc import Mapping, Sequence

from regimen.errors import OptionError
from regimen.language import say
from regimen.plan import BASELINE, Plan
from regimen.remedies import REMEDIES, Remedy
from regimen.study.planning import applicable, read_arms

Arms = Mapping[str, Remedy | str | None] | Sequence[str] | None


def find_candidates(arms: Arms, plan: Plan) -> tuple[dict[str, Remedy], dict[str, str]]:
    """The candidates of a search.

    Args:
        arms: what the user names, as `Study` takes it; None takes every remedy of the registry at its default
            strength. Those that only end training early are left out: runs are compared at their best epochs, to which
            an early end adds nothing.
        plan: the baseline's.

    Returns:
        Remedies by name; and, of the registry's, why some were left out.

    Raises:
        OptionError: there is no candidate.
        RemedyError: one that is named cannot be read.
    """
    if arms is not None:
        named = read_arms(arms)
        if not named:
            raise OptionError("The search has no candidate: name remedies with --arm, or none to try all.")
        for (one, remedy), (other, same) in itertools.combinations(named.items(), 2):
            if remedy == same:
                raise OptionError(f"The candidates {one!r} and {other!r} are the same remedy: name it once.")
        return named, {}
    every = {word: remedy() for word, remedy in REMEDIES.items()}
    early = {name: _EARLY for name, remedy in every.items() if remedy.judged_at == "last"}
    found, refused = applicable(plan, {name: remedy for name, remedy in every.items() if name not in early})
    if not found:
        raise OptionError("No remedy has a place in this model. Name some with --arm to see why.")
    return found, {**early, **refused}


_TAKEN = say("some strength of it is taken.")
_EARLY = say("it only ends training early, and runs are compared at their best epochs.")


def offer(
    candidates: Mapping[str, Remedy], before: str, taken: Remedy | None, plan: Plan
) -> tuple[dict[str, tuple[str, Remedy]], dict[str, str]]:
    """What can be added to a combination.

    Args:
        candidates: of the search.
        before: the combination's arm.
        taken: the combination; None for the baseline.
        plan: the baseline's.

    Returns:
        Candidate → (arm, remedy) of the combination with it; and why others were left out. A candidate that
        is some strength of what is taken is left out.
    """
    kinds = set() if taken is None else set(map(_kind, taken.parts))
    again = {name for name, added in candidates.items() if kinds & set(map(_kind, added.parts))}
    whole = {name: added if taken is None else taken + added for name, added in candidates.items() if name not in again}
    found, refused = applicable(plan, whole)
    arms = {name: name if before == BASELINE else f"{before} + {name}" for name in found}
    refused |= dict.fromkeys(again & set(candidates), _TAKEN)
    return {name: (arms[name], remedy) for name, remedy in found.items()}, refused


def _kind(remedy: Remedy) -> str:
    """A remedy whatever its strength."""
    return remedy.written(remedy.strength or "")
