import numpy as np
import pytest
from scipy import stats

from regimen.analysis.diagnosis import curve_noise
from regimen.analysis.single_runs import compare_single_runs, repeats_needed
from regimen.analysis.training import diagnose_training

LOSS = [1.0, 0.7, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def training(name, accuracy, *, jitter=0.01, images=None, loss=LOSS):
    curve = accuracy + jitter * np.array([0, 1, -1, 0, 1, -1, 1, 0.0])
    curve[2] = accuracy  # the epoch of the lowest loss
    return diagnose_training({"val_loss": loss, "val_acc": curve}, name=name, validation_images=images)


def test_best_first_and_behind_in_accuracy():
    found = compare_single_runs([training("a", 0.70), training("b", 0.75), training("c", 0.5)])
    assert [run.name for run in found.runs] == ["b", "a", "c"]
    assert [run.behind for run in found.runs] == pytest.approx([0, 0.05, 0.25])
    assert (found.runs[0].within_noise, found.runs[0].repeats) == (None, None)
    assert "cannot be ranked" in found.summary
    assert "single run" in found.summary


def test_noise_is_the_quadratic_mean_of_the_jitters_and_the_images():
    runs = [training("a", 0.70, jitter=0.01), training("b", 0.75, jitter=0.03)]
    jitters = [curve_noise(run.curves["val_acc"]) for run in runs]
    found = compare_single_runs(runs)
    assert found.noise == pytest.approx(np.sqrt(np.mean(np.square(jitters))))
    assert found.images_counted is False
    counted = compare_single_runs([training("a", 0.7, jitter=0, images=100), training("b", 0.7, jitter=0, images=100)])
    assert counted.noise == pytest.approx(np.sqrt(0.7 * 0.3 / 100))
    assert counted.images_counted is True
    assert "validation images" in counted.summary


def test_within_noise_is_what_two_runs_differ_by_in_95_of_100_cases():
    noise = compare_single_runs([training("a", 0.70), training("b", 0.75)]).noise
    limit = 1.96 * np.sqrt(2) * noise
    inside, outside = training("in", 0.75 - 0.9 * limit), training("out", 0.75 - 1.1 * limit)
    found = compare_single_runs([training("best", 0.75), inside, outside])
    assert [run.within_noise for run in found.runs] == [None, True, False]
    assert "1 of 2 differences" in found.summary


@pytest.mark.parametrize(("difference", "noise"), [(0.02, 0.01), (0.01, 0.01), (0.005, 0.01), (0.3, 0.01)])
def test_repeats_are_the_fewest_with_80_percent_power(difference, noise):
    def power(runs):
        df, shift = 2 * runs - 2, difference / noise * np.sqrt(runs / 2)
        return stats.nct.sf(stats.t.ppf(0.975, df), df, shift)

    runs = repeats_needed(difference, noise)
    assert power(runs) >= 0.8
    assert runs == 2 or power(runs - 1) < 0.8


@pytest.mark.parametrize(("difference", "noise"), [(0.0, 0.01), (0.01, 0.0), (np.nan, 0.01), (0.01, np.nan), (1e-5, 1)])
def test_no_number_of_repeats_where_none_can_be_said(difference, noise):
    assert repeats_needed(difference, noise) is None


def test_differences_too_small_for_any_number_of_runs_are_said():
    best, close, far = training("best", 0.80), training("close", 0.80 - 1e-6), training("far", 0.60)
    found = compare_single_runs([best, close, far])
    assert [(run.repeats, run.beyond_reach) for run in found.runs] == [(None, False), (None, True), (2, False)]
    assert "More than 1,000 runs of each would be needed to show all differences seen" in found.summary
    assert "At least" not in found.summary
    assert "More than 1,000" in compare_single_runs([best, close]).summary


def test_no_number_of_runs_shows_a_tie():
    tie = compare_single_runs([training("a", 0.80), training("b", 0.80)])
    assert [run.beyond_reach for run in tie.runs] == [False, False]
    assert "would be needed" not in tie.summary
    three = compare_single_runs([training("a", 0.80), training("b", 0.80), training("c", 0.60)])
    assert "At least 2 runs of each" in three.summary


def test_without_accuracies_losses_are_compared():
    runs = [diagnose_training({"val_loss": np.array(LOSS) + shift}, name=str(shift)) for shift in (0.1, 0.0)]
    found = compare_single_runs(runs)
    assert found.by == "loss"
    assert [run.name for run in found.runs] == ["0.0", "0.1"]


def test_what_cannot_be_compared_is_left_out():
    broken = diagnose_training({"val_loss": [1.0, np.nan, 2.0, 2.0], "val_acc": [0.9] * 4}, name="broken")
    found = compare_single_runs([training("a", 0.7), training("b", 0.8), broken])
    assert found.left_out == ("broken",)
    assert "broken is left out: it diverged or lacks what the others are compared by." in found.summary
    unmeasured = diagnose_training({"loss": LOSS}, name="unmeasured")
    two = compare_single_runs([training("a", 0.7), unmeasured, training("b", 0.8), broken])
    assert "unmeasured and broken are left out: they diverged or lack" in two.summary
    assert "left out" not in compare_single_runs([training("a", 0.7), training("b", 0.8)]).summary
    silent = [diagnose_training({"val_loss": LOSS[:3]}, name=name) for name in "ab"]  # too short for a noise
    assert "broken is left out" in compare_single_runs([*silent, broken]).summary
    assert compare_single_runs([training("a", 0.7), broken]) is None
    assert compare_single_runs([training("a", 0.7)]) is None
