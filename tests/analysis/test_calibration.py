import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from regimen.analysis.calibration import calibrate
from regimen.analysis.predictions import gather


def binary(confidences, right):
    """One run on images of class 1 of two: confident by so much, right or wrong."""
    confidences, right = np.array(confidences), np.array(right)
    second = np.where(right, confidences, 1 - confidences)
    return gather([(0, np.stack([1 - second, second], axis=1))], np.ones(len(right), int))


def test_an_error_computed_by_hand():
    # (11/15, 12/15]: two images, confidence 0.75, one right. (14/15, 1]: 0.95 and 0.99, both right.
    found = calibrate(binary([0.75, 0.75, 0.95, 0.99], [1, 0, 1, 1]), None)
    assert found.ece == pytest.approx(2 / 4 * 0.25 + 2 / 4 * 0.03, abs=1e-6)
    assert found.per_seed == (found.ece,)
    assert (found.ece_low, found.ece_high, found.difference) == (None, None, None)
    assert (found.confidence, found.accuracy) == pytest.approx((0.86, 0.75), abs=1e-6)
    first, second = found.bins
    assert (first.low, first.high) == pytest.approx((11 / 15, 12 / 15))
    assert (first.images, first.confidence, first.accuracy) == pytest.approx((2, 0.75, 0.5), abs=1e-6)
    assert (second.images, second.confidence, second.accuracy) == pytest.approx((2, 0.97, 1), abs=1e-6)


def test_an_upper_edge_belongs_to_its_bin():
    found = calibrate(binary([1.0, 0.75], [1, 1]), None, bins=4)
    assert [point.high for point in found.bins] == pytest.approx([0.75, 1.0])


def test_the_curve_is_that_of_scikit_learn(predict):
    labels = np.arange(3000) % 2
    arm = predict(labels, 2, seeds=[3])
    correct, confident = calibration_curve(arm.correct[0], arm.confidence[0], n_bins=15)
    found = calibrate(arm, None)
    np.testing.assert_allclose([point.accuracy for point in found.bins], correct)
    np.testing.assert_allclose([point.confidence for point in found.bins], confident, rtol=1e-6)


@pytest.mark.parametrize(("images", "classes"), [(300, 10), (1000, 2), (1000, 100)])
def test_calibrated_predictions_score_what_is_said_of_chance(images, classes):
    generator = np.random.default_rng(images)
    errors, chances = [], []
    for _ in range(60):
        scores = np.exp(2 * generator.normal(size=(images, classes)))
        probabilities = scores / scores.sum(axis=1, keepdims=True)
        labels = np.minimum((probabilities.cumsum(axis=1) > generator.random((images, 1))).argmax(axis=1), classes - 1)
        found = calibrate(gather([(0, probabilities)], labels), None)
        errors.append(found.ece)
        chances.append(found.ece_by_chance)
    assert np.mean(errors) == pytest.approx(np.mean(chances), rel=0.12)


@pytest.mark.parametrize("images", [300, 3000])
def test_calibrated_predictions_in_few_bins_hardly_ever_exceed_the_limit_of_chance(images):
    generator = np.random.default_rng(0)
    exceeded = 0
    for _ in range(200):
        confidence = generator.beta(60, 1, images)
        right = generator.random(images) < confidence
        probabilities = np.stack([confidence, 1 - confidence], axis=1)
        found = calibrate(gather([(0, probabilities)], np.where(right, 0, 1)), None)
        exceeded += found.ece > found.ece_chance_limit
    assert exceeded / 200 < 0.08  # a tenth more than chance would be passed by a fifth of them


def test_overconfidence_is_an_error_far_beyond_chance(predict):
    labels = np.arange(2000) % 5
    arm = predict(labels, 5, difficulty=3, skill=2)
    found = calibrate(arm, None)
    assert found.confidence > found.accuracy + 0.1
    assert found.ece > 4 * found.ece_by_chance
    assert found.ece > 2 * found.ece_chance_limit
    assert found.ece_low < found.ece < found.ece_high
    point = max(found.bins, key=lambda point: point.images)
    assert point.accuracy_low < point.accuracy < point.accuracy_high < point.confidence


def test_the_difference_is_over_shared_seeds(predict):
    labels = np.arange(500) % 3
    baseline = predict(labels, 3, seeds=[0, 1, 2])
    arm = predict(labels, 3, seeds=[1, 2, 3], difficulty=2.5, arm=1)
    found, theirs = calibrate(arm, baseline), calibrate(baseline, None)
    expected = np.mean(found.per_seed[:2]) - np.mean(theirs.per_seed[1:])
    assert found.difference == pytest.approx(expected)
    assert found.difference_low < expected < found.difference_high
    assert calibrate(predict(labels, 3, seeds=[7]), baseline).difference is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.5001, 1), st.booleans()), min_size=1, max_size=40))
def test_the_error_lies_between_the_mean_surplus_and_the_mean_distance(images):
    confidences, right = map(np.array, zip(*images, strict=True))
    found = calibrate(binary(confidences, right), None)
    assert found.ece >= abs(confidences.mean() - right.mean()) - 1e-6
    assert found.ece <= np.abs(confidences - right).mean() + 1e-6
    assert sum(point.images for point in found.bins) == len(images)
