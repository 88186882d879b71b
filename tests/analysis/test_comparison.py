import numpy as np
import pytest
from scipy import stats

from regimen.analysis.comparison import Verdict, compare


def images(per_seed, count=1000):
    """Differences of an arm that gains or loses the same images with every seed: per seed, a number of images."""
    arm, baseline = np.zeros((len(per_seed), count)), np.zeros((len(per_seed), count))
    for row, gained in enumerate(per_seed):
        (arm if gained > 0 else baseline)[row, : abs(gained)] = 1
    return arm, baseline


def flat(differences, count=600):
    """An arm whose differences hold for every image alike: the seeds alone vary."""
    arm = np.repeat(np.asarray(differences)[:, None], count, axis=1)
    return arm, np.zeros_like(arm)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.004, 0.004, Verdict.EQUIVALENT),
        (0.001, 0.004, Verdict.EQUIVALENT),  # before helps
        (-0.004, -0.001, Verdict.EQUIVALENT),  # before hurts
        (0.001, 0.006, Verdict.HELPS),
        (0.006, 0.009, Verdict.HELPS),
        (-0.006, -0.001, Verdict.HURTS),
        (-0.009, -0.006, Verdict.HURTS),
        (-0.001, 0.006, Verdict.CANNOT_TELL),
        (-0.006, 0.001, Verdict.CANNOT_TELL),
        (-0.01, 0.01, Verdict.CANNOT_TELL),
    ],
)
def test_verdict_is_read_from_the_interval_in_order(low, high, verdict):
    # Two seeds: mean ± t(0.975, 1) · |x1 − x2| / 2 is exactly the interval wanted.
    half = (high - low) / 2 / stats.t.ppf(0.975, 1)
    found = compare(*flat([(low + high) / 2 - half, (low + high) / 2 + half]))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.verdict is verdict
    assert found.reason


def test_the_margin_moves_the_verdict():
    assert compare(*flat([0.011, 0.012, 0.013]), margin=0.005).verdict is Verdict.HELPS
    found = compare(*flat([0.011, 0.012, 0.013]), margin=0.02)
    assert found.verdict is Verdict.EQUIVALENT
    assert found.reason == "The whole interval lies within ±2 points."


def test_identical_needs_every_difference_to_be_zero():
    right = np.random.default_rng(0).integers(0, 2, (3, 40)).astype(float)
    found = compare(right, right)
    assert found.verdict is Verdict.IDENTICAL
    assert (found.difference, found.low, found.high) == (0, 0, 0)
    swapped = right.copy()
    swapped[0] = np.roll(right[0], 1)  # the same accuracy from other images is not identical
    assert compare(swapped, right).difference == 0
    assert compare(swapped, right).verdict is not Verdict.IDENTICAL


def test_paired_rows_equal_scipys_paired_t_test():
    rng = np.random.default_rng(4)
    arm, baseline = rng.uniform(size=6), rng.uniform(size=6)
    found = compare(np.repeat(arm[:, None], 8, axis=1), np.repeat(baseline[:, None], 8, axis=1), comparisons=4)
    expected = stats.ttest_rel(arm, baseline).confidence_interval(1 - 0.05 / 4)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.level == pytest.approx(0.9875)
    assert found.per_seed == pytest.approx(arm - baseline)


def test_seeds_that_are_alike_on_every_image_leave_the_images_to_decide():
    arm = np.zeros((2, 100))
    arm[:, :10] = 1  # each seed gains the same 10 images
    found = compare(arm, np.zeros_like(arm))
    expected = stats.ttest_1samp(arm.mean(axis=0), 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.verdict is Verdict.HELPS


def test_a_constant_difference_has_an_interval_of_one_point():
    found = compare(np.ones((3, 10)), np.zeros((3, 10)))
    assert (found.low, found.high, found.standard_error) == (1, 1, 0)
    assert found.verdict is Verdict.HELPS


@pytest.mark.parametrize(
    ("shape", "reason"),
    [((1, 20), "One seed has no interval; use --seeds 5."), ((4, 1), "One validation image has no interval")],
)
def test_one_seed_or_one_image_has_no_interval(shape, reason):
    arm = np.zeros(shape)
    arm[0, 0] = 1
    found = compare(arm, np.zeros(shape))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.reason.startswith(reason)
    assert (found.low, found.high, found.standard_error) == (None,) * 3
    assert found.seeds_needed is found.images_needed is None
    assert found.difference == pytest.approx(1 / arm.size)


def test_cannot_tell_names_the_seeds_that_would():
    found = compare(*flat([-0.006, 0.008, 0.003, -0.001]))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.seeds_needed > 4
    assert found.images_needed is None
    assert found.reason == f"About {found.seeds_needed} seeds would detect a true difference of 0.5 points."


def test_seeds_already_run_may_be_enough_for_the_margin():
    spread = np.array([1.0, -1.0] * 10) * 0.0062
    found = compare(*flat(0.0027 + spread))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.seeds_needed <= 20
    assert found.reason == (
        "20 seeds detect a true difference of 0.5 points four times in five; a smaller one takes more."
    )


def test_cannot_tell_says_when_only_more_images_would_do():
    rng = np.random.default_rng(5)
    arm, baseline = (rng.random((5, 150)) < 0.5 + 0.4 * rng.choice([-1, 1], 150) for _ in range(2))
    found = compare(arm, baseline)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.seeds_needed is None
    assert found.images_needed > 1000
    assert 0.05 < found.detectable < 0.5
    assert found.reason.startswith("On these 150 validation images, no number of seeds will detect a true difference")
    again = compare(arm, baseline, margin=found.detectable)
    assert again.verdict is not Verdict.CANNOT_TELL or again.seeds_needed is not None


def test_a_margin_of_a_fraction_of_an_image_asks_for_more_images_or_a_larger_margin():
    arm, baseline = images([1, 0, 1, -1, 1], count=18)
    found = compare(arm, baseline, margin=0.005)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.seeds_needed is None
    assert found.detectable > 1 / 18
    assert "18 validation images" in found.reason


def test_swapping_the_arms_mirrors_the_interval():
    arm, baseline = images([30, 20, 25])
    forth, back = compare(arm, baseline), compare(baseline, arm)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))
    assert (forth.verdict, back.verdict) == (Verdict.HELPS, Verdict.HURTS)


@pytest.mark.parametrize(
    ("arm", "baseline", "options", "match"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), {}, r"received \(2, 3\) and \(2, 4\)"),
        (np.zeros(3), np.zeros(3), {}, "one shape"),
        (np.zeros((0, 3)), np.zeros((0, 3)), {}, "one shape"),
        (np.full((2, 3), np.nan), np.zeros((2, 3)), {}, "must be finite"),
        (np.zeros((2, 3)), np.zeros((2, 3)), {"margin": 0}, "margin=0"),
        (np.zeros((2, 3)), np.zeros((2, 3)), {"comparisons": 0}, "comparisons=0"),
        (np.zeros((2, 3)), np.zeros((2, 3)), {"level": 95}, "level=95"),
    ],
)
def test_misuse_is_refused(arm, baseline, options, match):
    with pytest.raises(ValueError, match=match):
        compare(arm, baseline, **options)


def test_intervals_end_where_differences_of_accuracies_do():
    arm, baseline = np.zeros((2, 10)), np.zeros((2, 10))
    arm[1] = 1
    found = compare(arm, baseline)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_large_difference_that_is_not_shown_asks_for_the_seeds_that_would_show_it(rng):
    images = rng.random(500) < 0.9
    shifts = (-0.05, -0.16, -0.24)  # three seeds, far apart
    arm = np.stack([np.where(rng.random(500) < -shift, 0, images) for shift in shifts]).astype(float)
    found = compare(arm, np.broadcast_to(images, arm.shape).astype(float), margin=0.005, comparisons=3)
    assert found.verdict is Verdict.CANNOT_TELL
    assert 3 < found.seeds_for_seen < 30
    assert f"as large as the one seen here would take about {found.seeds_for_seen} seeds" in found.reason
    small = compare(arm, np.broadcast_to(images, arm.shape).astype(float), margin=0.4, comparisons=3)
    assert small.seeds_for_seen is None
