import numpy as np
import pytest
from scipy import stats

from regimen.analysis.crossed import Crossed, crossed


def loops(values):
    """The same mean squares, written out element by element."""
    n, count = len(values), len(values[0])
    mean = sum(sum(row) for row in values) / (n * count)
    rows = [sum(row) / count for row in values]
    columns = [sum(row[i] for row in values) / n for i in range(count)]
    return (
        mean,
        sum((row - mean) ** 2 for row in rows) / (n - 1),
        sum((column - mean) ** 2 for column in columns) / (count - 1),
        sum((values[s][i] - rows[s] - columns[i] + mean) ** 2 for s in range(n) for i in range(count))
        / ((n - 1) * (count - 1)),
    )


@pytest.mark.parametrize(("n", "count"), [(2, 2), (3, 7), (6, 4)])
def test_mean_squares_equal_plain_loops(n, count):
    values = np.random.default_rng(n).integers(-1, 2, (n, count)).astype(float)
    found = crossed(values)
    expected = loops(values.tolist())
    np.testing.assert_allclose(
        [found.mean, found.seed_variance, found.image_variance, found.rest_variance], expected, atol=1e-14
    )


def test_squared_error_of_all_three_sources_by_hand():
    squared, df = Crossed(0.0, 4, 10, seed_variance=0.8, image_variance=3.0, rest_variance=2.0).squared_error()
    assert squared == pytest.approx(0.2 + 0.3 - 0.05)
    assert df == pytest.approx(0.45**2 / (0.2**2 / 3 + 0.3**2 / 9 + 0.05**2 / 27))


@pytest.mark.parametrize(
    ("seed", "image", "rest", "expected"),
    [
        (0.8, 0.1, 2.0, (0.2, 3)),  # 0.2 + 0.01 - 0.05 is less than the seeds alone
        (0.04, 3.0, 2.0, (0.3, 9)),  # 0.01 + 0.3 - 0.05 is less than the images alone
        (0.0, 0.0, 0.0, (0.0, 3)),
        (0.0, 3.0, 0.0, (0.3, 9)),
    ],
)
def test_one_source_alone_brings_its_own_degrees_of_freedom(seed, image, rest, expected):
    assert Crossed(0.0, 4, 10, seed, image, rest).squared_error() == pytest.approx(expected)


def test_degrees_of_freedom_never_fall_below_seeds_minus_one():
    squared, df = Crossed(0.0, 4, 10, seed_variance=0.8, image_variance=0.6, rest_variance=2.39).squared_error()
    assert squared**2 / (0.2**2 / 3 + 0.06**2 / 9 + (2.39 / 40) ** 2 / 27) < 3
    assert df == 3


def test_without_image_effect_it_is_the_t_test_over_seeds():
    seeds = np.random.default_rng(0).normal(0.01, 0.02, 6)
    low, high, error, df = crossed(np.repeat(seeds[:, None], 9, axis=1)).interval(0.9)
    expected = stats.ttest_1samp(seeds, 0).confidence_interval(0.9)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert error == pytest.approx(stats.sem(seeds))
    assert df == pytest.approx(5)


def test_without_seed_effect_it_is_the_t_test_over_images():
    images = np.random.default_rng(1).normal(0.01, 0.2, 40)
    low, high, _, df = crossed(np.repeat(images[None], 3, axis=0)).interval(0.95)
    expected = stats.ttest_1samp(images, 0).confidence_interval(0.95)
    assert (low, high, df) == pytest.approx((expected.low, expected.high, 39))


def test_additive_effects_are_welchs_t_test():
    rng = np.random.default_rng(2)
    seeds, images = rng.normal(1.0, 0.3, 5), rng.normal(0.0, 0.9, 12)
    low, high, _, df = crossed(seeds[:, None] + images).interval(0.95)
    welch = stats.ttest_ind(seeds, -images, equal_var=False)
    expected = welch.confidence_interval(0.95)
    assert df == pytest.approx(welch.df)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_expectation_of_the_squared_error_is_the_variance_of_the_mean():
    rng = np.random.default_rng(3)
    n, count, seed, image, rest = 5, 60, 0.02, 0.1, 0.3
    layouts = [
        crossed(
            seed * rng.standard_normal((n, 1))
            + image * rng.standard_normal(count)
            + rest * rng.standard_normal((n, count))
        )
        for _ in range(3000)
    ]
    true = seed**2 / n + image**2 / count + rest**2 / (n * count)
    unbiased = [x.seed_variance / n + x.image_variance / count - x.rest_variance / (n * count) for x in layouts]
    assert np.mean(unbiased) == pytest.approx(true, rel=0.04)
    assert np.var([x.mean for x in layouts]) == pytest.approx(true, rel=0.1)
