import numpy as np
import pytest
from scipy import stats

from regimen.analysis.comparison import Verdict
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize
from regimen.analysis.tested import shift

VALIDATION, TEST = 900, 600
HISTORY = {"clean_val_loss": np.array([1.0, 0.9, 0.8])}


def outcome(arm, seed, accuracy, test_accuracy, status="finished"):
    hard, hard_test = np.random.default_rng(5).random(VALIDATION), np.random.default_rng(6).random(TEST)
    generator = np.random.default_rng([seed, sum(map(ord, arm))])
    correct = (hard + generator.normal(0, 0.05, VALIDATION) < accuracy).astype(float)
    test = None
    if test_accuracy is not None:
        test = (hard_test + generator.normal(0, 0.05, TEST) < test_accuracy).astype(float)
    if status == "diverged":
        correct, test = np.full(VALIDATION, 0.1), np.full(TEST, 0.1)
    return RunOutcome(arm, seed, status, HISTORY, 3, correct, correct, test, 1.0)


def runs(arm, accuracy, test_accuracy, seeds=5):
    return [outcome(arm, seed, accuracy, test_accuracy) for seed in range(seeds)]


def by_name(*arms, **settings):
    return {arm.name: arm for arm in summarize({found[0].arm: found for found in arms}, **settings).arms}


def test_an_arm_is_compared_on_the_test_part_too():
    found = by_name(runs("baseline", 0.7, 0.7), runs("dropout", 0.8, 0.8))
    tested = found["dropout"].tested
    assert tested.comparison.verdict is Verdict.HELPS
    assert tested.comparison.difference == pytest.approx(0.1, abs=0.03)
    assert tested.on_validation is found["dropout"].comparison
    assert "test part" in tested.comparison.reason
    assert tested.low < tested.accuracy == found["dropout"].test_accuracy < tested.high
    assert not tested.contradicts
    assert not tested.shift.beyond_chance
    assert found["baseline"].tested.comparison is found["baseline"].tested.contrast is None


def test_a_remedy_that_helps_on_one_part_only_is_contradicted():
    found = by_name(runs("baseline", 0.7, 0.7), runs("lucky", 0.8, 0.7), runs("odd", 0.8, 0.6), runs("true", 0.8, 0.8))
    assert found["lucky"].tested.contradicts
    assert found["lucky"].tested.contrast.difference == pytest.approx(-0.1, abs=0.03)
    assert found["odd"].tested.contradicts
    assert found["odd"].tested.comparison.verdict is Verdict.HURTS
    assert not found["true"].tested.contradicts


def test_a_test_part_of_another_kind_is_seen_in_every_arm():
    found = by_name(runs("baseline", 0.75, 0.6), runs("dropout", 0.8, 0.65))
    assert all(arm.tested.shift.beyond_chance and arm.tested.shift.high < 0 for arm in found.values())
    assert not found["dropout"].tested.contradicts


def test_an_arm_judged_at_its_end_is_contrasted_at_the_selected_epochs():
    first, second = runs("baseline", 0.7, 0.7), runs("stop", 0.8, 0.8)
    found = by_name(first, second, judged_at={"stop": "last"})["stop"]
    assert found.comparison is found.comparison_last
    assert found.tested.on_validation == by_name(first, second)["stop"].comparison


def test_diverged_runs_are_in_the_accuracy_but_say_nothing_about_a_shift():
    first = [*runs("baseline", 0.7, 0.7), outcome("baseline", 5, 0, 0, "diverged")]
    found = by_name(first)["baseline"].tested
    assert found.accuracy == pytest.approx((5 * 0.7 + 0.1) / 6, abs=0.03)
    assert found.shift == by_name(first[:5])["baseline"].tested.shift
    lost = by_name([outcome("baseline", 0, 0, 0, "diverged")])["baseline"].tested
    assert lost.shift is None


def test_without_tests_of_every_run_there_is_nothing_to_say():
    found = by_name(runs("baseline", 0.7, None), runs("dropout", 0.7, 0.7))
    assert found["baseline"].tested is None
    assert found["dropout"].tested.comparison is found["dropout"].tested.contrast is None
    assert not found["dropout"].tested.contradicts


def test_one_model_is_held_to_welchs_interval():
    generator = np.random.default_rng(0)
    first, second = (generator.random((1, 400)) < 0.7).astype(float), (generator.random((1, 150)) < 0.6).astype(float)
    expected = stats.ttest_ind(second[0], first[0], equal_var=False).confidence_interval(0.9)
    found = shift(first, second, level=0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.difference == pytest.approx(second.mean() - first.mean())
    assert shift(first[:0], second[:0], level=0.9) is None
    assert shift(first, second[:, :1], level=0.9) is None


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_parts_of_the_same_kind_are_seldom_told_apart(seeds):
    generator = np.random.default_rng(seeds)
    false = 0
    for _ in range(400):
        models = 0.2 * generator.normal(size=(seeds, 1))
        parts = [
            (1 + 2 * generator.normal(size=(1, n)) + models + generator.normal(size=(seeds, n)) > 0).astype(float)
            for n in (400, 150)
        ]
        false += shift(*parts, level=0.95).beyond_chance
    assert false / 400 < 0.08
