import numpy as np
import pytest
from scipy import stats

from regimen.analysis.crossed import crossed
from regimen.analysis.shares import difference_interval, mean_interval, share_interval


def draw(generator, seeds, images, mean):
    """Right or wrong, with effects of seeds, of images, and of neither."""
    scores = mean + 2 * generator.normal(size=(1, images)) + 0.2 * generator.normal(size=(seeds, 1))
    return scores + generator.normal(size=(seeds, images)) > 0


def test_of_many_images_it_is_the_interval_of_crossed_seeds_and_images():
    hits = draw(np.random.default_rng(0), 6, 5000, 1.0)
    low, high, _ = crossed(hits.astype(float)).interval(0.95)
    assert share_interval(hits, np.ones_like(hits), 0.95) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize(("seeds", "images", "mean"), [(5, 10, 4.0), (3, 40, 2.0)])
def test_few_images_are_covered(seeds, images, mean):
    generator = np.random.default_rng(1)
    truth = stats.norm.cdf(mean / np.sqrt(4 + 0.04 + 1))
    draws = [draw(generator, seeds, images, mean) for _ in range(400)]
    limits = [share_interval(hits, np.ones_like(hits), 0.95) for hits in draws]
    assert np.mean([low <= truth <= high for low, high in limits]) > 0.93


def test_all_right_is_not_certain():
    hits = np.ones((3, 12), bool)
    low, high = share_interval(hits, hits, 0.95)
    assert 0.5 < low < 0.9
    assert high == 1


def test_cells_that_do_not_count_do_not_matter():
    generator = np.random.default_rng(2)
    hits, among = draw(generator, 4, 60, 1.0), generator.random((4, 60)) < 0.3
    found = share_interval(hits, among, 0.95)
    assert found == share_interval(hits & among, among, 0.95)
    low, high = found
    assert low < hits[among].mean() < high


def test_without_two_seeds_or_images_there_is_no_interval():
    hits = np.ones((1, 5), bool)
    assert share_interval(hits, hits, 0.95) == (None, None)
    assert share_interval(np.ones((3, 5), bool), np.zeros((3, 5), bool), 0.95) == (None, None)
    assert difference_interval(hits, hits, 0.95) == (None, None)
    assert difference_interval(np.ones((3, 0), bool), np.ones((3, 0), bool), 0.95) == (None, None)
    assert mean_interval(np.ones(1), 0.95) == (None, None)


def test_a_difference_on_two_images_shows_nothing_whatever_it_is():
    low, high = difference_interval(np.ones((3, 2), bool), np.zeros((3, 2), bool), 0.95)
    assert low < 0 < high == 1


def test_a_difference_on_many_images_is_seen():
    generator = np.random.default_rng(3)
    baseline = draw(generator, 5, 400, 1.0)
    arm = baseline | (generator.random((5, 400)) < 0.3)
    low, high = difference_interval(arm, baseline, 0.95)
    assert 0 < low < (arm.mean() - baseline.mean()) < high


def test_the_mean_over_seeds_has_students_interval():
    values = np.array([0.1, 0.2, 0.4])
    expected = stats.t.interval(0.9, 2, values.mean(), stats.sem(values))
    assert mean_interval(values, 0.9) == pytest.approx(expected)
