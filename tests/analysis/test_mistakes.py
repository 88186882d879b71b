import numpy as np
import pytest

from regimen.analysis.mistakes import changes, most_confident
from regimen.analysis.predictions import gather


def test_mistakes_are_ranked_by_the_mean_probability_of_one_wrong_class():
    labels = np.array([0, 0, 0, 0])
    first = np.array([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.9, 0.1, 0.0], [0.4, 0.6, 0.0]])
    second = np.array([[0.2, 0.8, 0.0], [0.0, 1.0, 0.0], [0.9, 0.1, 0.0], [0.7, 0.3, 0.0]])
    arm = gather([(0, first), (1, second)], labels)
    found = most_confident(arm, 10)
    # Image 1 is wrong with certainty twice, but as two different classes; image 3 is wrong in one run only.
    assert [(item.image, item.predicted, item.wrong, item.runs) for item in found] == [(0, 1, 2, 2), (1, 1, 2, 2)]
    assert [item.confidence for item in found] == pytest.approx([0.85, 0.5])
    assert most_confident(arm, 1) == found[:1]


def test_a_model_without_mistakes_lists_none(certain):
    assert most_confident(certain([0, 1], [[0, 1]], 2), 10) == ()


def test_what_most_runs_of_one_side_get_wrong_and_of_the_other_right(certain):
    labels = np.zeros(5, int)
    before = certain(labels, [[2, 1, 0, 0, 1], [2, 1, 0, 0, 0], [2, 0, 0, 0, 1]], 3)
    after = certain(labels, [[0, 0, 2, 1, 1], [0, 0, 2, 0, 0], [0, 1, 2, 0, 1]], 3)
    found = changes(after, before)
    assert [(item.image, item.predicted, item.wrong_before, item.wrong_after) for item in found.fixed] == [
        (0, 2, 3, 0),  # the larger change first
        (1, 1, 2, 1),
    ]
    assert [(item.image, item.predicted, item.wrong_before, item.wrong_after) for item in found.added] == [(2, 2, 0, 3)]
    assert (found.wrong_before, found.wrong_after) == (3, 2)
    assert {(item.runs_before, item.runs_after) for item in (*found.fixed, *found.added)} == {(3, 3)}


def test_an_image_that_half_of_the_runs_get_right_is_on_neither_side(certain):
    half, right, wrong = certain([0], [[0], [1]], 2), certain([0], [[0], [0]], 2), certain([0], [[1], [1]], 2)
    for before, after in [(half, right), (half, wrong), (right, half), (wrong, half)]:
        found = changes(after, before)
        assert found.fixed == found.added == ()
        assert (found.wrong_before, found.wrong_after) == (before is wrong, after is wrong)


@pytest.mark.parametrize("seeds", [2, 5, 8])
def test_the_same_model_with_other_seeds_fixes_no_more_than_chance(predict, seeds):
    labels = np.arange(3000) % 4
    baseline = predict(labels, 4, seeds=range(seeds))
    again = predict(labels, 4, seeds=range(seeds), arm=1)
    found = changes(again, baseline).churn
    assert found.runs == seeds // 2
    assert found.alone > 20  # of 3000 images, hundreds change sides by chance
    assert found.fixed == pytest.approx(found.alone, rel=0.15)
    assert found.added == pytest.approx(found.alone, rel=0.15)


def test_a_better_model_fixes_more_than_chance_and_adds_less(predict):
    labels = np.arange(3000) % 4
    baseline = predict(labels, 4, seeds=range(6))
    better = predict(labels, 4, seeds=range(6), skill=2.5, arm=1)
    found = changes(better, baseline)
    assert found.churn.fixed > 1.5 * found.churn.alone
    assert found.churn.added < found.churn.alone
    assert len(found.fixed) > len(found.added)
    assert found.wrong_before - found.wrong_after > 100


def test_an_arm_with_fewer_runs_is_compared_in_groups_of_its_size(predict):
    labels = np.arange(200) % 3
    found = changes(predict(labels, 3, seeds=[4, 5], arm=1), predict(labels, 3, seeds=range(9)))
    assert found.churn.runs == 1
    assert changes(predict(labels, 3, seeds=[4], arm=1), predict(labels, 3)).churn is None
