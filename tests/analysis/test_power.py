import numpy as np
import pytest
from scipy import stats

from regimen.analysis.crossed import Crossed
from regimen.analysis.power import images_needed, seeds_needed

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
    v_seed, v_image, v_rest = (seed + rest / count) / n, (image + rest / n) / count, rest / (n * count)
    squared = v_seed + v_image - v_rest
    df = squared**2 / (v_seed**2 / (n - 1) + v_image**2 / (count - 1) + v_rest**2 / ((n - 1) * (count - 1)))
    critical = stats.t.ppf((1 + level) / 2, max(n - 1, df))
    return stats.nct.sf(critical, max(n - 1, df), MARGIN / np.sqrt(squared))


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
    layout = Crossed(0.0, 2, 50, seed_variance=scale, image_variance=0.0, rest_variance=0.0)
    seeds = seeds_needed(layout, MARGIN, 0.95)
    assert seeds is not None
    assert seeds >= 2
