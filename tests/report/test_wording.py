import math

import pytest

from regimen.analysis.comparison import Verdict
from regimen.report.wording import (
    MISSING,
    count_seeds,
    count_validation_images,
    duration,
    level_percent,
    percent,
    percent_range,
    points,
    points_range,
    verdict_word,
)


def test_accuracies_are_percentages():
    assert percent(0.7134) == "71.3"
    assert percent_range(0.701, 0.725) == "70.1–72.5"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.0234, "+2.3"), (-0.0116, "−1.2"), (0.0, "0.0"), (-0.0004, "−0.04"), (0.00001, "0.00"), (-1.0, "−100.0")],
)
def test_differences_are_signed_points_and_small_ones_are_not_zero(fraction, shown):
    assert points(fraction) == shown


def test_a_size_has_no_plus():
    assert points(0.005, signed=False) == "0.5"
    assert points(-0.005, signed=False) == "−0.5"


def test_what_is_unknown_is_missing():
    for unknown in (None, math.nan):
        assert (
            percent(unknown) == points(unknown) == points_range(unknown, 0.1) == percent_range(0.1, unknown) == MISSING
        )


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (math.nan, MISSING),
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_have_units(seconds, shown):
    assert duration(seconds) == shown


def test_words():
    assert points_range(-0.012, 0.034) == "−1.2 to +3.4"
    assert level_percent(0.9875) == "98.75 %"
    assert (count_seeds(1), count_validation_images(2000)) == ("1 seed", "2,000 validation images")


def test_verdicts_read_as_they_are_called():
    assert [verdict_word(verdict) for verdict in Verdict] == [str(verdict) for verdict in Verdict]
