import numpy as np
import pytest
from scipy import stats

from regimen.analysis.crossed import Crossed
from regimen.analysis.power import detectable, images_needed, seeds_needed

MARGIN = 0.005


def power_of_seeds(n, variance):
    """Power of a t-test over n seeds, from scipy's noncentral t."""
    critical = stats.t.ppf(0.975, n - 1)
    return stats.nct.sf(critical, n - 1, MARGIN / np.sqrt(variance / n))


@pytest.mark.parametrize("deviation", [0.0005, 0.002, 0.005, 0.02])
def test_seeds_without_images_equal_brute_force_t_test_power(deviation):
    layout = Crossed(0.0, 5, 1000, seed_variance=deviation**2, image_variance=0.0, rest_variance=0.0)
    upper = deviation**2 * 4 / stats.chi2.ppf(0.2, 4)
    brute = next(n for n in range(2, 10_000) if power_of_seeds(n, upper) >= 0.8)
    assert seeds_needed(layout, MARGIN, 0.95) == brute


def planned_power(n, count, seed, image, rest, level):
    """Power with all three sources, written out."""
    parts = (seed + rest / count) / n, (image + rest / n) / count, rest / (n * count)
    dfs = n - 1, count - 1, (n - 1) * (count - 1)
    squared = parts[0] + parts[1] - parts[2]
    df = squared**2 / sum(part**2 / df for part, df in zip(parts, dfs, strict=True))
    normal = stats.norm.ppf((1 + level) / 2) ** 2
    squares = [stats.t.ppf((1 + level) / 2, df) ** 2 for df in dfs]
    critical = normal + sum((p / squared) ** 1.5 * (t - normal) for p, t in zip(parts, squares, strict=True))
    return stats.nct.sf(np.sqrt(critical), df, MARGIN / np.sqrt(squared))


def test_seeds_with_all_sources_equal_brute_force():
    n, count, rest, level = 5, 10_000, 0.05, 0.9875
    layout = Crossed(0.0, n, count, seed_variance=6e-5, image_variance=0.02, rest_variance=rest)
    seed = 6e-5 * 4 / stats.chi2.ppf(0.2, 4) - rest / count
    image = 0.02 - rest / n
    brute = next(m for m in range(2, 10_000) if planned_power(m, count, seed, image, rest, level) >= 0.8)
    assert seeds_needed(layout, MARGIN, level) == brute > n


def test_seed_variance_is_never_planned_under_what_the_rest_makes_of_it():
    rest, count = 0.3, 5000
    equal = Crossed(0.0, 5, count, seed_variance=0.0, image_variance=rest / 5, rest_variance=rest)
    brute = next(n for n in range(2, 1000) if planned_power(n, count, 0.0, 0.0, rest, 0.95) >= 0.8)
    assert seeds_needed(equal, MARGIN, 0.95) == brute > 2


def test_no_number_of_seeds_shrinks_the_part_of_the_images():
    layout = Crossed(0.0, 5, 150, seed_variance=1e-4, image_variance=0.04, rest_variance=0.1)
    assert seeds_needed(layout, MARGIN, 0.95) is None
    image = 0.04 - 0.1 / 5
    fewest = next(
        count
        for count in range(2, 100_000)
        if stats.nct.sf(stats.t.ppf(0.975, count - 1), count - 1, MARGIN / np.sqrt(image / count)) >= 0.8
    )
    assert images_needed(layout, MARGIN, 0.95) == 2 * fewest
    more = Crossed(0.0, 5, 2 * fewest, seed_variance=1e-4, image_variance=0.04, rest_variance=0.1)
    assert seeds_needed(more, MARGIN, 0.95) is not None


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6])
def test_extreme_variances_still_give_an_answer(scale):
    layout = Crossed(0.0, 2, 600, seed_variance=scale, image_variance=0.0, rest_variance=0.0)
    seeds = seeds_needed(layout, MARGIN, 0.95)
    assert seeds is not None
    assert seeds >= 2


def test_the_part_of_the_images_is_planned_two_standard_errors_up():
    known = Crossed(0.0, 5, 2000, seed_variance=1e-5, image_variance=0.025, rest_variance=0.05)
    unsure = Crossed(0.0, 5, 2000, 1e-5, 0.025, 0.05, image_error=0.005)
    higher = Crossed(0.0, 5, 2000, 1e-5, 0.035, 0.05)
    assert seeds_needed(unsure, 0.01, 0.95) == seeds_needed(higher, 0.01, 0.95) > seeds_needed(known, 0.01, 0.95)


def test_a_difference_of_less_than_three_images_is_not_promised():
    layout = Crossed(0.0, 5, 100, seed_variance=1e-9, image_variance=0.0, rest_variance=0.0)
    assert seeds_needed(layout, 0.03, 0.95) is not None
    assert seeds_needed(layout, 0.029, 0.95) is None
    assert images_needed(layout, 0.029, 0.95) == 2 * 104
    assert detectable(layout, 0.95) == 0.03


def test_the_smallest_detectable_difference_is_what_scipy_says_of_the_images():
    image, count = 0.05, 400
    layout = Crossed(0.0, 5, count, seed_variance=1e-4, image_variance=image + 0.1 / 5, rest_variance=0.1)
    error, critical = np.sqrt(image / count), stats.t.ppf(0.975, count - 1)
    brute = next(d / 1000 for d in range(1, 1000) if stats.nct.sf(critical, count - 1, d / 1000 / error) >= 0.8)
    assert detectable(layout, 0.95) == brute
    assert seeds_needed(layout, brute, 0.95) is not None
    assert seeds_needed(layout, brute - 0.001, 0.95) is None


def test_no_difference_may_be_detectable():
    assert detectable(Crossed(0.0, 2, 2, 0.5, 0.5, 0.5), 0.95) == 1
