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
    layout = Crossed(0.0, 4, 10, seed_variance=0.8, image_variance=3.0, rest_variance=2.0)
    assert layout.squared_error() == pytest.approx(0.2 + 0.3 - 0.05)
    assert layout.degrees_of_freedom() == pytest.approx(0.45**2 / (0.2**2 / 3 + 0.3**2 / 9 + 0.05**2 / 27))


def test_quantile_of_all_three_sources_by_hand():
    layout = Crossed(0.0, 4, 10, seed_variance=0.8, image_variance=3.0, rest_variance=2.0)
    normal, parts = stats.norm.ppf(0.975) ** 2, ((0.2, 3), (0.3, 9), (0.05, 27))
    extra = [(stats.t.ppf(0.975, df) ** 2 - normal) * (part / 0.45) ** 1.5 for part, df in parts]
    assert layout.quantile(0.95) == pytest.approx(np.sqrt(normal + sum(extra)))


def test_seeds_that_agree_by_chance_leave_half_the_error_of_the_images():
    agreeing = Crossed(0.0, 2, 100, seed_variance=0.0, image_variance=0.04, rest_variance=0.079)
    assert agreeing.squared_error() == pytest.approx(0.0004 / 4)
    low, high, error = agreeing.interval(0.95)
    assert high - low > 2 * 1.96 * error == pytest.approx(2 * 1.96 * 0.01)


def test_a_constant_has_no_error():
    layout = Crossed(0.3, 4, 10, 0.0, 0.0, 0.0)
    assert layout.interval(0.95) == (0.3, 0.3, 0.0)
    assert layout.degrees_of_freedom() == 3


def test_quantile_lies_between_the_normal_and_students():
    for seed in (0.0, 0.001, 0.1, 0.5, 1.0, 5.0, 1e6):
        quantile = Crossed(0.0, 4, 5000, seed, 1.0, 0.01).quantile(0.95)
        assert stats.norm.ppf(0.975) <= quantile <= stats.t.ppf(0.975, 3) + 1e-9


def test_error_of_the_image_component_is_its_spread_over_studies():
    rng = np.random.default_rng(4)
    n, count = 4, 80
    layouts = [crossed(0.3 * rng.standard_normal(count) + 0.5 * rng.standard_normal((n, count))) for _ in range(3000)]
    components = [layout.image_variance - layout.rest_variance / n for layout in layouts]
    assert np.mean(components) == pytest.approx(0.09, rel=0.03)
    assert np.mean([layout.image_error for layout in layouts]) == pytest.approx(np.std(components), rel=0.1)


def test_without_image_effect_it_is_the_t_test_over_seeds():
    seeds = np.random.default_rng(0).normal(0.01, 0.02, 6)
    layout = crossed(np.repeat(seeds[:, None], 9, axis=1))
    low, high, error = layout.interval(0.9)
    expected = stats.ttest_1samp(seeds, 0).confidence_interval(0.9)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert error == pytest.approx(stats.sem(seeds))
    assert layout.degrees_of_freedom() == pytest.approx(5)


def test_without_seed_effect_it_is_the_t_test_over_images():
    images = np.random.default_rng(1).normal(0.01, 0.2, 40)
    layout = crossed(np.repeat(images[None], 3, axis=0))
    low, high, _ = layout.interval(0.95)
    expected = stats.ttest_1samp(images, 0).confidence_interval(0.95)
    assert (low, high, layout.degrees_of_freedom()) == pytest.approx((expected.low, expected.high, 39))


def test_additive_effects_have_the_error_of_welchs_t_test_and_a_like_interval():
    rng = np.random.default_rng(2)
    seeds, images = rng.normal(1.0, 0.3, 12), rng.normal(0.0, 0.9, 40)
    layout = crossed(seeds[:, None] + images)
    low, high, error = layout.interval(0.95)
    welch = stats.ttest_ind(seeds, -images, equal_var=False)
    expected = welch.confidence_interval(0.95)
    assert layout.degrees_of_freedom() == pytest.approx(welch.df)
    assert error == pytest.approx(abs(layout.mean / welch.statistic))
    assert high - low == pytest.approx(expected.high - expected.low, rel=0.03)


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
