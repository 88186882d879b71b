import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from regimen.analysis.diagnosis import diagnose, gap


def history(loss, gaps=None):
    gaps = np.zeros(len(loss)) if gaps is None else np.asarray(gaps, dtype=float)
    return {
        "clean_val_loss": np.asarray(loss, dtype=float),
        "clean_acc": 0.7 + gaps,
        "val_acc": np.full(len(loss), 0.7),
    }


def published():
    with open(Path(__file__).parents[2] / "docs" / "curves" / "published_curves.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {arm: [float(row["val_loss"]) for row in rows if row["arm"] == arm] for arm in {r["arm"] for r in rows}}


FALLING = [1.0, 0.8, 0.6, 0.5, 0.45, 0.4]
FALLING_THEN_RISING = [1.0, 0.7, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@pytest.mark.parametrize(
    ("arm", "minimum", "onset"),
    [("dropout-head", 13, 15), ("dropout-blocks", 17, 25), ("l2", 11, 13), ("batchnorm", 5, 8)],
)
def test_published_trainings_overfit(arm, minimum, onset):
    found = diagnose([{"clean_val_loss": np.array(published()[arm])}])
    assert found.overfits is True
    assert found.minimum_epoch == minimum
    assert found.onset == onset
    assert found.by == "loss"
    assert np.isnan(found.gap)
    assert "The gap is unknown" in found.reason


def plain_onset(loss):
    """The definition, epoch by epoch."""
    residuals = [loss[e] - sorted(loss[e - 1 : e + 2])[1] for e in range(1, len(loss) - 1)]
    mean = sum(residuals) / len(residuals)
    noise = (sum((r - mean) ** 2 for r in residuals) / (len(residuals) - 1)) ** 0.5
    lowest = min(sorted(loss[e - 1 : e + 2])[1] for e in range(1, len(loss) - 1))
    for epoch in range(len(loss) - 2):
        if all(value > lowest + 2 * noise for value in loss[epoch:]):
            return epoch + 1, noise
    return None, noise


@pytest.mark.parametrize("seed", range(20))
def test_loss_rule_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    loss = 1 + 0.01 * np.abs(np.arange(25) - rng.integers(5, 25)) + 0.03 * rng.standard_normal(25)
    found = diagnose([history(loss)])
    onset, noise = plain_onset(list(loss))
    assert found.onset == onset
    assert found.overfits is (onset is not None)
    assert found.noise == pytest.approx(noise)


@pytest.mark.parametrize(
    ("loss", "gaps", "by", "onset"),
    [
        (FALLING, [0, 0, 0, 0, 0, 0], "", None),
        (FALLING_THEN_RISING, [0] * 8, "loss", 5),
        (FALLING, [0, 0.03, 0, 0.03, 0.03, 0.03], "gap", 4),
        (FALLING, [0.03] * 6, "gap", 1),
        (FALLING, [0, 0, 0, 0.03, 0.03, 0.01], "", None),
        (FALLING_THEN_RISING, [0, 0, *[0.03] * 6], "both", 3),
        (FALLING_THEN_RISING, [*[0] * 7, 0.03], "both", 5),
    ],
)
def test_either_rule_is_enough_and_the_earlier_is_the_onset(loss, gaps, by, onset):
    found = diagnose([history(loss, gaps)])
    assert (found.overfits, found.by, found.onset) == (bool(by), by, onset)


def test_gap_is_training_minus_validation_accuracy():
    np.testing.assert_allclose(gap({"clean_acc": [0.5, 0.9], "val_acc": [0.4, 0.6]}), [0.1, 0.3])


def test_gap_interval_is_students_over_seeds():
    last = [0.05, 0.02, 0.06]
    found = diagnose([history(FALLING, [0, 0, 0, 0, 0, value]) for value in last], level=0.9)
    expected = stats.ttest_1samp(last, 0).confidence_interval(0.9)
    assert found.gap == pytest.approx(np.mean(last))
    assert (found.gap_low, found.gap_high) == pytest.approx((expected.low, expected.high))


def test_a_gap_that_the_seeds_do_not_share_does_not_count():
    unsure = [history(FALLING, [value] * 6) for value in (0.2, 0.0, 0.0)]
    assert np.mean([0.2, 0.0, 0.0]) > 0.02
    assert diagnose(unsure).overfits is False
    sure = [history(FALLING, [value] * 6) for value in (0.07, 0.06, 0.08)]
    assert diagnose(sure).by == "gap"


def test_one_run_has_no_interval_and_says_so():
    found = diagnose([history(FALLING, [0.03] * 6)])
    assert found.overfits is True
    assert found.gap_low is found.gap_high is None
    assert "one run has no interval over seeds" in found.reason


def test_curves_are_averaged_over_the_epochs_all_runs_share():
    long, short = np.array([*FALLING_THEN_RISING, 9.0]), np.array(FALLING_THEN_RISING) + 0.1
    found = diagnose([history(long), history(short)])
    alone = diagnose([history((long[:8] + short) / 2)])
    assert (found.minimum_epoch, found.onset) == (alone.minimum_epoch, alone.onset)
    assert found.noise == pytest.approx(alone.noise)


@pytest.mark.parametrize("epochs", [1, 3])
def test_too_few_epochs_are_not_judged(epochs):
    found = diagnose([history(FALLING_THEN_RISING[:epochs], [0.1] * epochs)])
    assert (found.overfits, found.onset, found.by) == (None, None, "")
    assert found.minimum_epoch == epochs
    assert found.gap == pytest.approx(0.1)
    assert "too few" in found.reason
    assert diagnose([history(FALLING_THEN_RISING[:4])]).overfits is not None


def test_diverged_runs_are_left_out_and_counted():
    broken = history([1.0, np.nan, np.nan])
    found = diagnose([history(FALLING_THEN_RISING), broken])
    assert found.onset == diagnose([history(FALLING_THEN_RISING)]).onset
    assert "1 of 2 runs diverged and is left out" in found.reason


def test_nothing_but_diverged_runs_cannot_be_judged():
    found = diagnose([history([1.0, np.inf, np.nan, 2.0, 2.0])])
    assert found.overfits is None
    assert found.minimum_epoch is None
    assert found.reason == "Training diverged: the curves hold NaN or infinity."


def test_no_history_at_all():
    found = diagnose([])
    assert found.overfits is None
    assert found.reason == "There is no learning curve."


def test_a_rise_in_the_last_two_epochs_is_not_yet_overfitting():
    rising = [1.0, 0.8, 0.6, 0.5, 0.5, 0.5, 0.5, 0.9, 0.9]
    assert diagnose([history(rising)]).overfits is False
    assert diagnose([history([*rising, 0.9])]).onset == 8


@pytest.mark.parametrize(("epochs", "most"), [(10, 0.08), (30, 0.10), (100, 0.15)])
def test_flat_noisy_curves_are_seldom_called_overfitting(epochs, most, rng):
    curves = 1 + 0.01 * rng.standard_normal((400, epochs))
    assert np.mean([diagnose([{"clean_val_loss": curve}]).overfits for curve in curves]) < most


@pytest.mark.parametrize("bad", [{"val_loss": [1.0]}, {"clean_val_loss": []}])
def test_a_history_without_clean_validation_loss_is_refused(bad):
    with pytest.raises(ValueError, match="needs clean_val_loss"):
        diagnose([bad])
