"""The rates of docs/search.md, small."""

import pytest


@pytest.fixture(scope="module")
def searches():
    import searches

    return searches


def test_a_step_finds_what_a_corrected_verdict_would_miss(searches):
    lenient, strict = searches.LEVELS.values()
    world = searches.WORLDS["mixed"]
    rates = [
        [searches.taken(world, 500, level, 40, candidates, effect) for level in (lenient, strict)]
        for candidates, effect in ((10, 0.0), (1, 0.02))
    ]
    (wrong, wrong_strict), (right, right_strict) = rates
    assert wrong_strict <= 0.1 < wrong < 0.6
    assert right_strict + 0.2 < right
    assert searches.taken(world, 500, lenient, 20, 1, 0.05) >= 0.95
