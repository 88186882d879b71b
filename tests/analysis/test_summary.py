import numpy as np
import pytest

from regimen.analysis.comparison import Verdict, compare
from regimen.analysis.crossed import crossed
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize

IMAGES = 400


def history(gap=0.0, epochs=6):
    return {
        "clean_val_loss": np.linspace(1.0, 0.5, epochs),
        "clean_acc": np.full(epochs, 0.7 + gap),
        "val_acc": np.full(epochs, 0.7),
    }


def right(seed, share, base=0.6):
    """Correct on the first images, the same with every seed but for one or two more."""
    correct = np.zeros(IMAGES)
    correct[: round((base + share) * IMAGES) + seed % 2] = 1
    return correct


def finished(arm, seed, selected=0.0, last=None, *, gap=0.0, test=None):
    last = selected if last is None else last
    return RunOutcome(
        arm, seed, "finished", history(gap), 6, right(seed, selected), right(seed, last), test, wall_seconds=1.0
    )


def diverged(arm, seed):
    chance = np.full(IMAGES, 0.1)
    curve = {"clean_val_loss": np.array([1.0, np.nan]), "clean_acc": np.ones(2), "val_acc": np.ones(2)}
    return RunOutcome(arm, seed, "diverged", curve, None, chance, chance, None, 1.0)


def failed(arm, seed, error="out of memory"):
    return RunOutcome(arm, seed, "failed", {}, None, None, None, None, 1.0, error)


def runs(arm, selected=0.0, last=None, seeds=range(5), **options):
    return [finished(arm, seed, selected, last, **options) for seed in seeds]


def by_name(summary):
    return {arm.name: arm for arm in summary.arms}


def test_arms_are_compared_with_the_baseline():
    outcomes = {"l2": runs("l2", 0.1), "baseline": runs("baseline", gap=0.1), "noise": runs("noise", -0.1)}
    found = summarize(outcomes)
    assert [arm.name for arm in found.arms] == ["baseline", "l2", "noise"]
    assert found.baseline.comparison is found.baseline.comparison_last is None
    l2 = by_name(found)["l2"]
    direct = compare([r.correct for r in outcomes["l2"]], [r.correct for r in outcomes["baseline"]], comparisons=2)
    assert l2.comparison == direct
    assert l2.comparison.level == pytest.approx(0.975)
    assert l2.comparison.verdict is Verdict.HELPS
    assert by_name(found)["noise"].comparison.verdict is Verdict.HURTS
    assert (found.best_arm, found.validation_images, found.seeds) == ("l2", IMAGES, (0, 1, 2, 3, 4))
    assert found.baseline.diagnosis.by == "gap"
    assert found.baseline.gap == pytest.approx(0.1)
    assert found.answer == (
        "The model overfits from epoch 1 on: training accuracy ends 10.0 points above validation accuracy "
        "(95 % interval 10.0 to 10.0). "
        f"l2 helps by 10.0 points (97.5 % interval {100 * direct.low:.1f} to {100 * direct.high:.1f}); "
        "noise hurts by 10.0 points "
        f"(97.5 % interval {100 * direct.low:.1f} to {100 * direct.high:.1f})."
    )


def test_accuracies_and_their_interval():
    outcomes = runs("baseline", 0.0, 0.1, test=np.array([1.0, 0.0, 1.0, 1.0]))
    arm = summarize({"baseline": outcomes}).baseline
    low, high, _ = crossed(np.array([run.correct for run in outcomes])).interval(0.95)
    assert arm.accuracy == pytest.approx(np.mean([run.correct for run in outcomes]))
    assert (arm.accuracy_low, arm.accuracy_high) == pytest.approx((low, high))
    assert arm.accuracy_last == pytest.approx(np.mean([run.correct_last for run in outcomes]))
    assert arm.test_accuracy == pytest.approx(0.75)


def test_an_accuracy_interval_stays_between_zero_and_one():
    everything = np.ones((2, 10))
    everything[0, 0] = 0
    outcomes = [
        RunOutcome("baseline", s, "finished", history(), 1, row, row, None, 1.0) for s, row in enumerate(everything)
    ]
    arm = summarize({"baseline": outcomes}).baseline
    assert arm.accuracy_high == 1.0
    assert crossed(everything).interval(0.95)[1] > 1


def test_test_accuracy_needs_every_run():
    outcomes = [finished("baseline", 0, test=np.ones(3)), finished("baseline", 1)]
    assert summarize({"baseline": outcomes}).baseline.test_accuracy is None


def test_an_arm_judged_at_its_last_epoch():
    outcomes = {"baseline": runs("baseline", 0.1, 0.0), "stop": runs("stop", 0.1, 0.05), "l2": runs("l2", 0.12, 0.0)}
    found = by_name(summarize(outcomes, judged_at={"stop": "last"}))
    assert found["stop"].judged_at == "last"
    assert found["stop"].comparison.difference == pytest.approx(0.05)
    assert found["stop"].comparison == found["stop"].comparison_last
    assert found["l2"].judged_at == "selected"
    assert found["l2"].comparison.difference == pytest.approx(0.02)
    assert found["l2"].comparison_last.verdict is Verdict.IDENTICAL


def test_the_best_arm_is_read_where_each_is_judged():
    outcomes = {"baseline": runs("baseline"), "stop": runs("stop", 0.3, 0.01), "l2": runs("l2", 0.1, 0.1)}
    assert summarize(outcomes).best_arm == "stop"
    assert summarize(outcomes, judged_at={"stop": "last"}).best_arm == "l2"


def test_ties_for_the_best_arm_go_to_the_first():
    assert summarize({"l2": runs("l2"), "baseline": runs("baseline")}).best_arm == "baseline"


def test_runs_are_paired_by_seed_whatever_their_order():
    outcomes = {"baseline": runs("baseline"), "l2": [finished("l2", seed, seed / 40) for seed in (2, 0, 3, 4, 1)]}
    found = by_name(summarize(outcomes))["l2"].comparison
    assert found.per_seed == pytest.approx([0.0, 0.025, 0.05, 0.075, 0.1])


def test_seeds_of_one_arm_only_are_left_out_and_said():
    outcomes = {"baseline": runs("baseline"), "l2": runs("l2", 0.1, seeds=[1, 3, 7])}
    found = by_name(summarize(outcomes))["l2"].comparison
    assert len(found.per_seed) == 2
    assert "Only 2 of 6 seeds ran in both arms and are compared." in found.reason


def test_arms_without_a_common_seed_have_no_verdict():
    found = by_name(summarize({"baseline": runs("baseline", seeds=[0]), "l2": runs("l2", seeds=[1])}))["l2"].comparison
    assert found.verdict is Verdict.NONE
    assert np.isnan(found.difference)
    assert "no seed in common" in found.reason


def test_a_failed_run_leaves_its_arm_without_a_verdict():
    outcomes = {
        "baseline": runs("baseline"),
        "l2": [*runs("l2", 0.1, seeds=range(4)), failed("l2", 4)],
        "dropout": runs("dropout", 0.1),
    }
    summary = summarize(outcomes)
    found = by_name(summary)
    assert found["l2"].comparison.verdict is Verdict.NONE
    assert found["l2"].comparison.reason == "The run of l2 with seed 4 failed (out of memory)."
    assert found["l2"].comparison.low is None
    assert found["l2"].comparison.per_seed == pytest.approx([0.1] * 4)
    assert "1 failed" in found["l2"].diagnosis.reason
    assert found["dropout"].comparison.verdict is Verdict.HELPS
    assert found["dropout"].comparison.level == pytest.approx(0.975)
    assert "No verdict on l2: The run of l2 with seed 4 failed (out of memory)." in summary.answer


def test_a_failed_baseline_leaves_every_arm_without_a_verdict():
    outcomes = {"baseline": [failed("baseline", 0), finished("baseline", 1)], "l2": runs("l2"), "flip": runs("flip")}
    summary = summarize(outcomes)
    assert {arm.comparison.verdict for arm in summary.arms[1:]} == {Verdict.NONE}
    assert "No verdict on l2 and flip: The run of baseline with seed 0 failed" in summary.answer


def test_the_best_arm_has_a_usable_run():
    assert summarize({"baseline": [failed("baseline", 0)], "l2": runs("l2")}).best_arm == "l2"


def test_the_largest_difference_is_named_first():
    outcomes = {"baseline": runs("baseline"), "l2": runs("l2", 0.1), "flip": runs("flip", 0.2)}
    answer = summarize(outcomes).answer
    assert answer.index("flip helps by 20.0 points") < answer.index("l2 helps by 10.0 points")


def test_a_diverged_run_scores_at_chance_and_is_counted():
    outcomes = {"baseline": runs("baseline", seeds=range(3)), "l2": [*runs("l2", seeds=range(2)), diverged("l2", 2)]}
    summary = summarize(outcomes)
    found = by_name(summary)["l2"]
    assert found.accuracy == pytest.approx((right(0, 0).mean() + right(1, 0).mean() + 0.1) / 3)
    assert "1 of 3 l2 runs diverged, scored at chance." in found.comparison.reason
    assert "1 diverged" in found.diagnosis.reason
    assert found.diagnosis.overfits is False


def test_a_diverged_baseline_is_said_in_the_answer():
    outcomes = {"baseline": [*runs("baseline", seeds=range(2)), diverged("baseline", 2)]}
    assert "(1 of 3 runs without a remedy diverged)" in summarize(outcomes).answer


def test_nothing_but_diverged_and_failed_runs():
    summary = summarize({"baseline": [diverged("baseline", 0)], "l2": [failed("l2", 0)]})
    assert summary.baseline.diagnosis.overfits is None
    assert summary.answer.startswith("Whether the model overfits cannot be said. No run finished training.")
    assert np.isnan(by_name(summary)["l2"].accuracy)
    assert summary.best_arm == "baseline"
    empty = summarize({"baseline": [failed("baseline", 0)], "l2": [failed("l2", 0)]})
    assert (empty.best_arm, empty.validation_images) == ("baseline", 0)


def test_one_seed_has_no_interval():
    summary = summarize({"baseline": runs("baseline", seeds=[0]), "l2": runs("l2", 0.1, seeds=[0])})
    assert by_name(summary)["l2"].comparison.verdict is Verdict.CANNOT_TELL
    assert summary.baseline.accuracy_low is None
    assert summary.answer == (
        "The model shows no clear overfitting: training accuracy ends 0.0 points above validation accuracy. "
        "No remedy is shown to help: for l2 these runs cannot tell. One seed has no interval; use --seeds 5."
    )


def unsure(arm, size, seeds=4):
    return [finished(arm, seed, size * (-1) ** (seed // 2)) for seed in range(seeds)]


def test_the_answer_names_what_cannot_be_told_and_what_makes_no_difference():
    outcomes = {"baseline": runs("baseline", seeds=range(4)), "l2": unsure("l2", 0.02), "flip": unsure("flip", 0.05)}
    outcomes["none"] = runs("none", seeds=range(4))
    summary = summarize(outcomes)
    told = "No remedy is shown to help: none makes no difference at all to what is predicted here; for l2 and flip"
    assert told in summary.answer
    advised = by_name(summary)["l2"].comparison
    assert f"For l2: {advised.reason}" in summary.answer


@pytest.mark.parametrize(("count", "named"), [(6, "a, b, c, d, e and f"), (7, "a, b, c and 4 others")])
def test_of_many_arms_the_answer_names_the_first(count, named):
    outcomes = {"baseline": runs("baseline"), **{name: runs(name) for name in "abcdefg"[:count]}}
    assert f"{named} make no difference at all to what is predicted here" in summarize(outcomes).answer


def test_a_gap_that_spans_zero_is_called_so():
    outcomes = [finished("baseline", seed, gap=gap) for seed, gap in enumerate([-0.01, 0.01, 0.012])]
    assert "too unlike from seed to seed to be sure of." in summarize({"baseline": outcomes}).answer


def test_training_below_validation_is_said_that_way_round():
    answer = summarize({"baseline": runs("baseline", gap=-0.03)}).answer
    assert "training accuracy ends 3.0 points below validation accuracy (95 % interval 3.0 to 3.0)" in answer


@pytest.mark.parametrize(
    ("outcomes", "judged_at", "match"),
    [
        ({"l2": runs("l2")}, {}, r"need an arm 'baseline'; received \['l2'\]"),
        ({"baseline": runs("baseline", seeds=[1, 1])}, {}, "has a seed twice"),
        ({"baseline": runs("baseline")}, {"l2": "last"}, "received 'l2': 'last'"),
        ({"baseline": runs("baseline")}, {"baseline": "best"}, "selected or last"),
        (
            {"baseline": [RunOutcome("baseline", 0, "finished", history(), 1, np.ones(3), np.ones(2), None, 1.0)]},
            {},
            "share their validation images",
        ),
    ],
)
def test_misuse_is_refused(outcomes, judged_at, match):
    with pytest.raises(ValueError, match=match):
        summarize(outcomes, judged_at=judged_at)
