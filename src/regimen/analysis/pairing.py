"""Comparing the runs of two arms: which are pairs, and when there can be no verdict."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from regimen.analysis.comparison import Comparison, Verdict, compare
from regimen.analysis.outcomes import RunOutcome, count_status
from regimen.language import join, say


def compare_runs(
    runs: tuple[RunOutcome, ...],
    baseline: tuple[RunOutcome, ...],
    scores: str,
    *,
    margin: float,
    comparisons: int,
    level: float,
) -> Comparison:
    """Compares the runs of two arms that share a seed.

    Args:
        runs: of the arm.
        baseline: of the baseline.
        scores: the attribute of a run to compare, ``"correct"`` or ``"correct_last"``.
        margin: difference that matters.
        comparisons: arms compared with the baseline.
        level: confidence over all comparisons.

    Returns:
        The comparison, without a verdict when a run failed or no seed is shared.
    """
    theirs = {run.seed: run for run in baseline if run.usable}
    mine = sorted((run for run in runs if run.usable and run.seed in theirs), key=lambda run: run.seed)
    pairs = [(run, theirs[run.seed]) for run in mine]
    problem = _problem(runs, baseline, pairs)
    if problem:
        per_seed = tuple(float(np.mean(getattr(a, scores) - getattr(b, scores))) for a, b in pairs)
        difference = float(np.mean(per_seed)) if pairs else float("nan")
        corrected = 1 - (1 - level) / comparisons
        return Comparison(difference, None, None, None, corrected, per_seed, Verdict.NONE, problem)
    found = compare(
        np.array([getattr(run, scores) for run, _ in pairs]),
        np.array([getattr(run, scores) for _, run in pairs]),
        margin=margin,
        comparisons=comparisons,
        level=level,
    )
    notes = _notes(pairs, len({run.seed for run in (*runs, *baseline)}))
    return replace(found, reason=join([found.reason, *notes]))


def _problem(runs: Sequence[RunOutcome], baseline: Sequence[RunOutcome], pairs: Sequence[object]) -> str:
    """Why there can be no verdict; empty when there can."""
    for run in (*baseline, *runs):
        if run.status == "failed":
            error = run.error or say("no message")
            return say("The run of {arm} with seed {seed} failed ({error}).", arm=run.arm, seed=run.seed, error=error)
    return "" if pairs else say("The arm and the baseline have no seed in common.")


def _notes(pairs: Sequence[tuple[RunOutcome, RunOutcome]], seeds: int) -> list[str]:
    notes = []
    for side in zip(*pairs, strict=True):
        diverged = count_status(side, "diverged")
        if diverged:
            notes.append(
                say(
                    "{diverged} of {runs} {arm} runs diverged, scored at chance.",
                    diverged=diverged,
                    runs=len(side),
                    arm=side[0].arm,
                )
            )
    if len(pairs) < seeds:
        shared = len(pairs)
        notes.append(
            say("Only {shared} of {seeds} seeds ran in both arms and are compared.", shared=shared, seeds=seeds)
        )
    return notes
