"""What the curves of one training say."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from regimen.analysis.diagnosis import diagnose
from regimen.analysis.training import TrainingVerdict, diagnose_training, last_part, slope


def published(arm):
    with open(Path(__file__).parents[2] / "docs" / "curves" / "published_curves.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["arm"] == arm]
    return {metric: np.array([float(row[metric]) for row in rows]) for metric in ("loss", "acc", "val_loss", "val_acc")}


FALLING_THEN_RISING = [1.0, 0.7, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
FLAT = [1.0, 0.6, 0.5, 0.49, 0.5, 0.5, 0.49, 0.5, 0.5, 0.5]
FALLING = list(2.0 / np.arange(1, 13))


@pytest.mark.parametrize(
    ("arm", "stop", "onset"),
    [("dropout-head", 13, 15), ("dropout-blocks", 17, 25), ("l2", 11, 13), ("batchnorm", 5, 8)],
)
def test_published_trainings_overfit(arm, stop, onset):
    curves = published(arm)
    found = diagnose_training(curves, name=arm)
    assert (found.verdict, found.stop_epoch, found.onset, found.by) == ("overfits", stop, onset, "loss")
    assert found.wasted == pytest.approx((30 - stop) / 30)
    assert found.loss_at_stop == curves["val_loss"].min()
    assert found.accuracy_at_stop == curves["val_acc"][stop - 1]
    assert found.gap == pytest.approx(curves["acc"][-1] - curves["val_acc"][-1])
    assert found.gap_is_clean is False
    assert found.stop_range[0] <= stop <= found.stop_range[1] < found.onset
    assert f"lowest at epoch {stop}" in found.summary
    assert any("training mode only" in remark for remark in found.remarks)
    assert any("no interval" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("curves", "verdict"),
    [
        ({"val_loss": FALLING_THEN_RISING}, "overfits"),
        ({"val_loss": FALLING}, "underfits"),
        ({"val_loss": FLAT}, "fine"),
        ({"val_loss": FLAT[:3]}, "too short"),
        ({"val_loss": [1.0, 1.2, 0.9, 1.1, 0.8, 1.2, 1.0, 0.9, 1.1]}, "too noisy"),
        ({"val_loss": [1.0, 0.9, np.nan, 0.8, 0.8]}, "diverged"),
        ({"val_loss": [np.nan] * 5}, "diverged"),
        ({"loss": FALLING}, "cannot tell"),
        ({"accuracy": FLAT, "val_accuracy": FLAT}, "cannot tell"),
        ({"mse": FALLING, "val_mse": FALLING, "loss": FALLING, "val_loss": FALLING}, "underfits"),
    ],
)
def test_verdicts(curves, verdict):
    found = diagnose_training(curves)
    assert found.verdict == verdict
    assert (found.onset is not None) is (verdict == "overfits")


def test_what_is_missing_is_said():
    assert "validation_data or validation_split" in diagnose_training({"loss": FALLING}).summary
    assert "accuracy alone" in diagnose_training({"loss": FALLING, "val_acc": FALLING}).summary
    assert "No accuracy was recorded" in diagnose_training({"val_loss": FLAT}).summary
    assert "training accuracy was not recorded" in diagnose_training({"val_loss": FLAT, "val_acc": FLAT}).summary
    assert "epoch 3" in diagnose_training({"val_loss": [1.0, 0.9, np.inf, 0.8]}).summary
    assert "smaller learning rate" in diagnose_training({"val_loss": [1.0, 0.9, np.inf, 0.8]}).summary


def with_gap(gap, **more):
    accuracy = 0.7 + np.broadcast_to(gap, len(FLAT))
    return {"val_loss": FLAT, "accuracy": accuracy, "val_accuracy": np.full(len(FLAT), 0.7), **more}


def test_a_training_mode_gap_counts_where_the_loss_says_nothing():
    found = diagnose_training(with_gap(0.05))
    assert (found.verdict, found.by, found.onset) == ("overfits", "gap", 1)
    assert diagnose_training(with_gap(0.015)).verdict == "fine"
    late = np.zeros(len(FLAT))
    late[-2:] = 0.05
    assert diagnose_training(with_gap(late)).verdict == "fine"
    late[-3:] = 0.05
    assert diagnose_training(with_gap(late)).onset == len(FLAT) - 2


def test_a_gap_within_the_chance_of_few_images_does_not_count():
    assert diagnose_training(with_gap(0.05), validation_images=100).verdict == "fine"
    assert diagnose_training(with_gap(0.05), validation_images=1000).verdict == "overfits"
    assert any("±9.0 points" in remark for remark in diagnose_training(with_gap(0.05), validation_images=100).remarks)


def test_a_gap_in_inference_mode_is_held_to_the_same_rule():
    late = np.zeros(len(FLAT))
    late[-1] = 0.03
    assert diagnose_training(with_gap(0.0, clean_accuracy=0.7 + late)).verdict == "fine"
    late[-3:] = 0.03
    found = diagnose_training(with_gap(0.0, clean_accuracy=0.7 + late))
    assert (found.verdict, found.by, found.onset) == ("overfits", "gap", len(FLAT) - 2)
    assert diagnose_training(with_gap(0.0, clean_accuracy=0.7 + late), validation_images=100).verdict == "fine"
    assert diagnose_training(with_gap(0.0, clean_accuracy=0.7 + late), validation_images=10_000).by == "gap"


def test_the_earlier_of_loss_and_a_gap_in_inference_mode_is_the_onset():
    flat = np.full(len(FALLING_THEN_RISING), 0.7)
    curves = {"clean_val_loss": FALLING_THEN_RISING, "clean_accuracy": flat + 0.1, "val_accuracy": flat}
    found = diagnose_training(curves)
    assert (found.by, found.onset) == ("both", 1)
    alone = diagnose_training(curves, validation_images=20)
    assert (alone.by, alone.onset) == ("loss", diagnose([curves | {"clean_acc": flat, "val_acc": flat}]).onset)


def test_clean_metrics_go_before_logged_ones():
    clean = with_gap(0.0, clean_accuracy=np.full(len(FLAT), 0.76))
    found = diagnose_training(clean)
    assert found.gap_is_clean is True
    assert (found.gap, found.by) == (pytest.approx(0.06), "gap")
    assert not any("training mode only" in remark for remark in found.remarks)
    penalised = {"val_loss": FLAT[:8], "clean_val_loss": FALLING_THEN_RISING}
    assert diagnose_training(penalised).by == "loss"
    assert diagnose_training({"val_loss": FLAT[:8]}).verdict == "fine"


def test_the_rule_on_loss_is_the_one_of_studies(rng):
    for _ in range(50):
        curve = 1 + 0.01 * np.abs(np.arange(25) - rng.integers(5, 25)) + 0.03 * rng.standard_normal(25)
        assert diagnose_training({"val_loss": curve}).onset == diagnose([{"clean_val_loss": curve}]).onset


STEEP_END = [1.0, 0.85, 0.75, 0.68, 0.63, 0.60, 0.58, 0.57, 0.80, 1.10]


@pytest.mark.parametrize(
    ("loss", "lowest", "risen"),
    [
        (STEEP_END, 8, "2 epochs at the end lie"),
        (STEEP_END[:-1], 8, "1 epoch at the end lies"),
        ([1.9, 1.4, 1.2, 1.4, 1.8, 2.3], 3, "2 epochs at the end lie"),
        ([0.5, 0.9, 1.4, 2.0], 1, "2 epochs at the end lie"),
    ],
)
def test_a_steep_rise_too_short_to_call_is_said(loss, lowest, risen):
    found = diagnose_training({"val_loss": loss})
    assert (found.verdict, found.onset, found.stop_epoch) == ("too short", None, lowest)
    assert f"lowest at epoch {lowest} ({min(loss):.4g}), and {risen} clearly above that" in found.summary
    assert f"({loss[-1]:.4g}" in found.summary


def test_a_slight_rise_at_the_end_is_fine_and_said():
    found = diagnose_training({"val_loss": [*FLAT, 0.5, 0.52]})
    assert found.verdict == "fine"
    assert "lies clearly above its lowest for 1 epoch at the end" in found.summary
    assert "noise explains" not in found.summary
    assert "ends no higher than its noise explains" in diagnose_training({"val_loss": FLAT}).summary


def test_a_gap_tells_of_a_rise_too_short_to_call():
    accuracy = np.full(len(STEEP_END), 0.7)
    found = diagnose_training({"val_loss": STEEP_END, "accuracy": accuracy + 0.1, "val_accuracy": accuracy})
    assert (found.verdict, found.by) == ("overfits", "gap")
    assert "lies clearly above its lowest for 2 epochs at the end" in found.summary
    assert (
        "although validation loss ends no higher than its noise explains" in diagnose_training(with_gap(0.05)).summary
    )


def test_epochs_keep_the_numbers_of_their_source():
    found = diagnose_training({"val_loss": FALLING_THEN_RISING}, epochs=np.arange(11, 19))
    plain = diagnose_training({"val_loss": FALLING_THEN_RISING})
    assert (found.stop_epoch, found.onset) == (plain.stop_epoch + 10, plain.onset + 10)
    assert found.wasted == plain.wasted == 5 / 8


def test_accuracies_in_per_cent():
    curves = published("l2")
    scaled = {name: 100 * values if "acc" in name else values for name, values in curves.items()}
    found, plain = diagnose_training(scaled), diagnose_training(curves)
    assert found.gap == pytest.approx(plain.gap)
    assert any("per cent" in remark for remark in found.remarks)


def test_slope_is_scipys_over_the_last_third():
    curve, epochs = np.array(FALLING), np.arange(1, 13)
    expected = stats.theilslopes(curve[-5:], epochs[-5:], 0.95)
    assert slope(curve, epochs) == pytest.approx((expected.slope, expected.low_slope, expected.high_slope))
    assert [last_part(epochs) for epochs in (1, 4, 12, 15, 30, 31)] == [1, 4, 5, 5, 10, 11]
    gaps = with_gap(np.linspace(0, 0.09, len(FLAT)))
    assert diagnose_training(gaps).gap_trend == pytest.approx(0.01)
    assert "growing by 1.00 points per epoch" in diagnose_training(gaps).summary


@pytest.mark.parametrize(("epochs", "most"), [(10, 0.10), (30, 0.15), (100, 0.15)])
def test_trainings_that_settle_are_seldom_called_anything_else(epochs, most, rng):
    settled = 1 + 2 * np.exp(-np.arange(epochs) / (epochs / 10))
    curves = settled + 0.01 * rng.standard_normal((200, epochs))
    verdicts = [diagnose_training({"val_loss": curve}).verdict for curve in curves]
    assert np.mean([verdict != "fine" for verdict in verdicts]) < most


@pytest.mark.parametrize("epochs", [10, 30])
def test_trainings_that_still_fall_are_seldom_called_anything_else(epochs, rng):
    falling = 1 + 2 * np.exp(-np.arange(epochs) / epochs)
    curves = falling + 0.01 * rng.standard_normal((100, epochs))
    assert np.mean([diagnose_training({"val_loss": curve}).verdict == "underfits" for curve in curves]) > 0.95


def test_a_training_that_learns_nothing_is_not_called_fine_by_chance(rng):
    verdicts = [diagnose_training({"val_loss": 1 + 0.01 * rng.standard_normal(10)}).verdict for _ in range(200)]
    assert np.mean([verdict == "underfits" for verdict in verdicts]) < 0.05
    assert np.mean([verdict == "overfits" for verdict in verdicts]) < 0.10


FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 12).flatmap(lambda n: hnp.arrays(np.float64, (4, n), elements=FLOATS)))
def test_any_numbers_have_a_verdict(values):
    found = diagnose_training(dict(zip(("loss", "accuracy", "val_loss", "val_accuracy"), values, strict=True)))
    assert found.verdict in TrainingVerdict
    assert found.summary
    assert (found.onset is not None) is (found.verdict == "overfits")


@pytest.mark.parametrize("bad", [{}, {"loss": []}, {"loss": [1.0], "val_loss": [1.0, 2.0]}])
def test_curves_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="at least one curve, all of one length"):
        diagnose_training(bad)
