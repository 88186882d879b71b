import numpy as np
import pytest
from scipy import stats

from regimen.analysis import HISTORY_METRICS, RunOutcome, summarize
from regimen.analysis.selection import LEVEL, select

HISTORY = {name: np.full(3, 0.5) for name in HISTORY_METRICS}


def arm(name, gains, images=400, right=200, last=None, failed=()):
    """Runs that classify so many images right; ``last`` at the last epoch."""

    def correct(count):
        return (np.arange(images) < count).astype(float)

    return [
        RunOutcome(name, seed, "failed", {}, None, None, None, None, 0.0, "boom")
        if seed in failed
        else RunOutcome(
            name, seed, "finished", HISTORY, 1, correct(right + gain), correct(right + (last or gain)), None, 1.0
        )
        for seed, gain in enumerate(gains)
    ]


def step(*tried, margin=0.005, judged_at=None, before="baseline"):
    outcomes = {runs[0].arm: runs for runs in (arm("baseline", [0, 0, 0]), *tried)}
    arms = {found.name: found for found in summarize(outcomes, judged_at=judged_at, margin=margin).arms}
    offered = {name: found for name, found in arms.items() if name not in ("baseline", before)}
    return select(arms[before], offered, margin=margin)


def test_the_largest_difference_that_helps_is_taken():
    found = step(arm("a", [10, 12, 11]), arm("b", [30, 33, 31]), arm("c", [-20, -22, -21]))
    assert [tried.name for tried in found.candidates] == ["b", "a", "c"]
    assert found.taken.name == "b"
    assert found.accuracy == 0.5
    assert found.taken.accuracy == pytest.approx(0.5 + 94 / 1200)


def test_a_larger_difference_that_is_unsure_yields_to_one_that_helps():
    found = step(arm("wild", [70, -10, 5]), arm("sure", [12, 12, 12]))
    assert [tried.name for tried in found.candidates] == ["wild", "sure"]
    assert found.taken.name == "sure"


def test_the_interval_is_each_candidates_own():
    """No correction for their number; where images alone vary, Student's interval over images."""
    found = step(arm("a", [12, 12, 12]), *(arm(f"no {index}", [0, 0, 0]) for index in range(8)))
    differences = np.repeat([1.0, 0.0], [12, 388])
    low, high = stats.t.interval(LEVEL, 399, differences.mean(), differences.std(ddof=1) / 400**0.5)
    comparison = found.candidates[0].comparison
    assert comparison.level == LEVEL
    assert (comparison.low, comparison.high) == pytest.approx((low, high), rel=0.02)


def test_nothing_is_taken_where_nothing_helps_or_matters():
    assert step(arm("a", [-5, -6, -5])).taken is None
    assert step(arm("a", [2, 2, 2]), margin=0.05).taken is None
    assert step(arm("a", [20, 20, 20], failed=[1])).taken is None
    assert step().taken is None


def test_a_step_compares_with_what_is_taken_already():
    found = step(arm("a", [40, 40, 40]), arm("a + b", [30, 30, 30]), before="a")
    assert found.before == "a"
    assert found.candidates[0].comparison.difference == pytest.approx(-10 / 400)


def test_what_is_judged_at_its_end_is_compared_there():
    tried = arm("stop", [40, 40, 40], last=-40)
    assert step(tried, judged_at={"stop": "last"}).taken is None
    assert step(tried).taken.name == "stop"


def test_runs_that_cannot_be_scored_come_last():
    found = step(arm("lost", [1, 1, 1], failed=[0, 1, 2]), arm("a", [-5, -5, -5]))
    assert [tried.name for tried in found.candidates] == ["a", "lost"]
