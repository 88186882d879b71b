import numpy as np
import pytest
from sklearn import metrics

from regimen.analysis.classes import class_accuracies, confusion_matrix, confusions


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_matrix_and_accuracies_are_those_of_scikit_learn(predict, classes):
    labels = np.random.default_rng(0).integers(0, classes, 700)
    arm = predict(labels, classes, seeds=range(3))
    expected = [metrics.confusion_matrix(labels, run, labels=range(classes)) for run in arm.predicted]
    matrix = confusion_matrix(arm)
    np.testing.assert_allclose(matrix, np.mean(expected, axis=0))
    recall = [
        metrics.recall_score(labels, run, labels=range(classes), average=None, zero_division=0) for run in arm.predicted
    ]
    found = class_accuracies(arm, None)
    present = [item.index for item in found if item.images]
    np.testing.assert_allclose([found[index].accuracy for index in present], np.mean(recall, axis=0)[present])
    assert all(item.low <= item.accuracy <= item.high for item in found if item.images)
    assert all(item.difference is None and not item.gained and not item.lost for item in found)


def test_a_class_without_validation_images_is_there_and_has_no_accuracy(predict):
    labels = np.array([0, 2] * 20)
    baseline, arm = predict(labels, 4), predict(labels, 4, arm=1)
    found = class_accuracies(arm, baseline, arms=2)
    assert [item.images for item in found] == [20, 0, 20, 0]
    assert np.isnan(found[1].accuracy)
    assert found[1].low is found[1].difference is found[1].difference_low is None
    assert found[0].difference is not None
    assert confusion_matrix(arm)[1].tolist() == [0, 0, 0, 0]


def test_classes_that_gain_and_lose_are_told_from_chance(certain):
    labels = np.repeat([0, 1, 2], 100)
    generator = np.random.default_rng(0)

    def runs(*accuracies):
        right = generator.random((5, 300)) < np.repeat(accuracies, 100)
        return certain(labels, np.where(right, labels, (labels + 1) % 3), 3)

    baseline, arm = runs(0.5, 0.8, 0.7), runs(0.8, 0.4, 0.7)
    gained, lost, same = class_accuracies(arm, baseline, arms=3)
    assert (gained.gained, gained.lost) == (True, False)
    assert (lost.gained, lost.lost) == (False, True)
    assert (same.gained, same.lost) == (False, False)
    assert gained.difference == pytest.approx(0.3, abs=0.05)
    assert gained.difference_low < gained.difference < gained.difference_high
    wider = class_accuracies(arm, baseline, arms=30)[0]
    assert wider.difference_low < gained.difference_low  # more arms, more chances to err


def test_one_seed_has_no_intervals(predict):
    labels = np.arange(60) % 3
    found = class_accuracies(predict(labels, 3, seeds=[0], arm=1), predict(labels, 3, seeds=[0]))
    assert {item.low for item in found} == {item.difference_low for item in found} == {None}
    assert all(item.difference is not None for item in found)


def test_the_most_confused_pairs_come_first(certain):
    labels = [0, 0, 0, 0, 1, 1, 2]
    first = certain(labels, [[1, 1, 1, 0, 0, 1, 2], [1, 1, 0, 0, 0, 1, 2]], 3)
    second = certain(labels, [[0, 0, 0, 1, 1, 1, 2]], 3)
    matrix, baseline = confusion_matrix(first), confusion_matrix(second)
    most, next_one = confusions(matrix, baseline, 10)
    assert (most.true, most.predicted, most.images, most.share, most.baseline_images) == (0, 1, 2.5, 0.625, 1)
    assert (next_one.true, next_one.predicted, next_one.images, next_one.share) == (1, 0, 1, 0.5)
    assert confusions(matrix, None, 1)[0].baseline_images is None
    assert confusions(confusion_matrix(certain([0, 1], [[0, 1]], 2)), None, 10) == ()
