"""One step of a search: which remedy helps most on top of those that are taken already.

A selection is not a verdict. A candidate that is taken wrongly costs training, and the study that confirms the whole
combination is not misled by it; one that is left out is lost for good. So a step asks for less confidence than a
verdict does, and does not correct for the number of candidates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.pairing import compare_runs
from regimen.analysis.summary import ArmSummary

LEVEL = 0.85
"""Confidence of the interval that decides whether a candidate is taken."""


@dataclass(frozen=True)
class Candidate:
    """A remedy on top of a combination.

    Attributes:
        name: of what is added.
        arm: of the whole combination.
        accuracy: mean validation accuracy of the whole, as a fraction; NaN without a usable run.
        comparison: with the combination before, over paired seeds and the same images.
    """

    name: str
    arm: str
    accuracy: float
    comparison: Comparison


@dataclass(frozen=True)
class Step:
    """What was tried on top of a combination.

    Attributes:
        before: its arm.
        accuracy: its mean validation accuracy, as a fraction; NaN without a usable run.
        candidates: the largest difference first.
        left_out: candidate → why it was not tried.
    """

    before: str
    accuracy: float
    candidates: tuple[Candidate, ...]
    left_out: Mapping[str, str]

    @property
    def taken(self) -> Candidate | None:
        """The candidate with the largest difference among those that help; None where none does."""
        return next((tried for tried in self.candidates if tried.comparison.verdict is Verdict.HELPS), None)


def select(
    before: ArmSummary, offered: Mapping[str, ArmSummary], *, margin: float, left_out: Mapping[str, str] | None = None
) -> Step:
    """Compares candidates with the combination that they are added to; the one that helps most is taken.

    A candidate helps if its interval lies above zero, and not wholly within the margin. Where it or the combination
    before is judged at its last epoch, both are.

    Args:
        before: the combination so far.
        offered: candidate → that combination with the candidate added.
        margin: difference that matters, as a fraction.
        left_out: candidate → why it was not tried.

    Source:
        Efroymson (1960), Multiple regression analysis, in Mathematical Methods for Digital Computers, for forward
        selection. Bendel & Afifi (1977), Comparison of stopping rules in forward "stepwise" regression, JASA 72, for
        the level: what is selected predicts best where variables enter at an α of 0.15 to 0.25, each by itself; this
        is the strict end.
    """
    candidates = [_candidate(name, tried, before, margin) for name, tried in offered.items()]
    candidates.sort(key=lambda tried: np.nan_to_num(-tried.comparison.difference, nan=np.inf))
    return Step(before.name, before.judged_accuracy, tuple(candidates), dict(left_out or {}))


def _candidate(name: str, tried: ArmSummary, before: ArmSummary, margin: float) -> Candidate:
    last = "last" in (tried.judged_at, before.judged_at)
    scores, accuracy = ("correct_last", tried.accuracy_last) if last else ("correct", tried.accuracy)
    found = compare_runs(tried.runs, before.runs, scores, margin=margin, comparisons=1, level=LEVEL)
    return Candidate(name, tried.name, accuracy, found)
