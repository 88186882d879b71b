import math
from dataclasses import replace

import pytest

from regimen.analysis.comparison import Comparison, Verdict
from regimen.report.span import Span


def comparison(difference, low=None, high=None):
    return Comparison(difference, low, high, None, 0.95, (difference,), Verdict.CANNOT_TELL, "")


def test_every_interval_and_the_margin_lie_on_the_axis():
    span = Span.of([comparison(0.02, 0.01, 0.03), comparison(-0.01, -0.04, 0.02)], margin=0.005)
    for value in (-0.04, 0.03, -0.005, 0.005, 0.0):
        assert span.holds(value)
    assert span.position(span.low) == 0
    assert span.position(span.high) == 1
    assert span.position((span.low + span.high) / 2) == pytest.approx(0.5)


def test_one_interval_far_out_does_not_flatten_the_others():
    near = comparison(0.02, 0.01, 0.03)
    span = Span.of([comparison(-0.3, -0.9, 0.3), near], margin=0.005)
    assert span == Span.of([near], margin=0.005)
    assert not span.holds(-0.9)
    assert span.position(-0.9) == 0


def test_the_only_interval_is_shown_however_wide():
    assert Span.of([comparison(0.1, -0.5, 0.7)], margin=0.005).holds(0.7)


def test_without_intervals_differences_are_shown_and_unknown_ones_left_out():
    assert Span.of([comparison(0.1), comparison(math.nan)], margin=0.005).holds(0.1)
    empty = Span.of([replace(comparison(math.nan), verdict=Verdict.NONE)], margin=0.005)
    assert (empty.low, empty.high) == pytest.approx((-0.0055, 0.0055))


def test_most_intervals_are_never_cut():
    arms = [comparison(0.001, -0.006, 0.008), comparison(-0.04, -0.06, -0.02), comparison(-0.05, -0.07, -0.03)]
    span = Span.of([*arms, comparison(-0.15, -0.37, 0.08)], margin=0.005)
    assert span.holds(-0.07)
    assert not span.holds(-0.37)
