from dataclasses import replace

import pytest

from regimen.analysis.comparison import Comparison, Verdict
from regimen.report.advice import levels, next_steps, remarks, undecided


def judged(verdict, **settings):
    return Comparison(0.02, 0.01, 0.03, 0.005, 0.99, (0.02,) * 5, verdict, "Because.", **settings)


def with_verdicts(summary, *comparisons, last=None):
    """The baseline and one arm per comparison."""
    arms = [
        replace(arm, runs=summary.arms[1].runs, judged_at="selected", comparison=found, comparison_last=last or found)
        for arm, found in zip(summary.arms[1:], comparisons, strict=False)
    ]
    return replace(summary, arms=(summary.arms[0], *arms))


def test_failed_and_diverged_runs_come_first(summary):
    steps = next_steps(summary)
    assert steps[0].startswith("Run the same command again")
    assert steps[1].startswith("Runs of batchnorm diverged")


def test_two_that_help_are_worth_trying_together(summary):
    found = next_steps(with_verdicts(summary, judged(Verdict.HELPS), judged(Verdict.HELPS)))
    assert found == ['Try dropout and l2 together in one arm: --arm "… + …".']


def test_nothing_that_helps_asks_for_other_strengths(summary):
    assert "other remedies or strengths" in next_steps(with_verdicts(summary, judged(Verdict.EQUIVALENT)))[0]


def test_two_seeds_are_called_too_few(summary):
    two = replace(summary, seeds=(0, 1))
    assert any("Two seeds are too few" in words for words in remarks(two))
    assert "Use --seeds 5 before you rely on a verdict: finished runs are kept." in next_steps(two)
    assert not any("too few" in words for words in remarks(summary))


def test_a_baseline_that_does_not_overfit_has_other_troubles(summary):
    found = with_verdicts(summary, judged(Verdict.HELPS))
    calm = replace(found.arms[0], diagnosis=replace(found.arms[0].diagnosis, overfits=False, onset=None))
    steps = next_steps(replace(found, arms=(calm, *found.arms[1:])))
    assert steps == ["The baseline hardly overfits: more epochs or a larger model may gain more than a remedy."]


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        (
            {"seeds_for_seen": 8},
            "Use --seeds 8 to detect differences as large as those seen here: finished runs are kept.",
        ),
        ({"seeds_needed": 12}, "Use --seeds 12 to detect a difference of 0.5 points: finished runs are kept."),
        ({"seeds_needed": 900}, "Use a larger validation part (--validation; now 1,500 images), or accept the doubt."),
        (
            {"images_needed": 9000},
            "Use a larger validation part (--validation; now 1,500 images), or accept the doubt.",
        ),
        (
            {"images_needed": 9000, "detectable": 0.012},
            "Use a larger validation part (--validation; now 1,500 images), or ask for a larger difference "
            "(--margin 1.2).",
        ),
    ],
)
def test_what_would_settle_it(summary, settings, step):
    found = with_verdicts(summary, judged(Verdict.HELPS), judged(Verdict.CANNOT_TELL, **settings))
    assert next_steps(found) == [step]


def test_one_seed_asks_for_seeds(one_seed):
    assert next_steps(one_seed) == ["Use more than one seed (--seeds 5): one seed cannot tell a remedy from luck."]
    assert len(undecided(one_seed)) == 1  # all arms share the reason


def test_another_verdict_at_the_last_epoch_is_remarked(summary):
    found = with_verdicts(summary, judged(Verdict.CANNOT_TELL), last=judged(Verdict.HELPS))
    assert remarks(found) == ["dropout: at the last epoch, the verdict would be helps (+2.0 points, +1.0 to +3.0)."]
    assert not remarks(with_verdicts(summary, judged(Verdict.HELPS)))


def test_a_diverged_run_does_not_ask_for_thousands_of_images(summary):
    found = [arm for arm in summary.arms if arm.name in ("baseline", "batchnorm")]
    assert found[1].comparison.verdict is Verdict.CANNOT_TELL
    steps = next_steps(replace(summary, arms=tuple(found)))
    assert [step.split()[0] for step in steps] == ["Runs", "Try"]


def test_early_stopping_is_remarked_with_what_it_is_compared_with(summary):
    assert f"({100 * summary.baseline.accuracy_last:.1f} % validation accuracy)" in remarks(summary)[0]


def test_levels_are_those_of_the_intervals(summary, one_seed):
    assert "95 % for accuracies and 99 % for each difference (95 % over all together)" in levels(summary)
    assert levels(one_seed) == ""


def test_looks_are_said_and_no_further_one_is_advised(summary):
    found = with_verdicts(summary, judged(Verdict.HELPS), judged(Verdict.CANNOT_TELL, seeds_needed=12))
    found = replace(found, looks=(5, 10, 20))
    assert "(95 % over all arms and the looks after 5, 10 and 20 seeds together)" in levels(found)
    assert "after 5, 10 and 20 seeds, that leaves no arm undecided; it has 5 seeds." in remarks(found)[0]
    assert next_steps(found) == []


def test_top_5_accuracy_is_told_where_it_was_scored(summary):
    arms = [replace(arm, runs=tuple(replace(run, top5=0.9) for run in arm.runs)) for arm in summary.arms[:2]]
    told = "Top-5 accuracy (the class is among the five most probable): baseline 90.0 %, dropout 90.0 %."
    assert remarks(replace(summary, arms=tuple(arms)))[-1] == told
    assert not any("Top-5" in words for words in remarks(summary))
