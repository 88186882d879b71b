"""The rates of docs/statistics.md, small: bounds that a broken rule does not keep."""

import numpy as np
import pytest

STUDIES = 300


@pytest.fixture(scope="module")
def verdicts():
    import verdicts

    return verdicts


@pytest.fixture(scope="module")
def found(verdicts):
    """Studies where the seeds' part is most of the error, and where the images' part is."""
    seeds, images = (verdicts.WORLDS[name] for name in ("seeds dominate", "images dominate"))
    return verdicts.layouts(seeds, 1500, STUDIES), verdicts.layouts(images, 150, STUDIES)


@pytest.mark.parametrize("arms", [1, 4, 10])
@pytest.mark.parametrize("seeds", [3, 5, 20])
def test_false_calls_stay_near_their_rate(arms, seeds, found, verdicts):
    for layouts in found:
        assert verdicts.false_calls(layouts[seeds], arms) <= (0.11 if seeds == 3 else 0.09)


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_intervals_cover_what_they_should_and_not_much_more(seeds, found, verdicts):
    for layouts in found:
        assert verdicts.coverage(layouts[seeds]) == pytest.approx(0.95, abs=0.02)


def test_other_intervals_fail_where_the_bounds_say_so(found, verdicts):
    seeds_part, images_part = (verdicts.others(layouts[5]) for layouts in found)
    assert images_part["seeds only"][0] < 0.8
    assert images_part["n − 1"][0] > 0.98
    assert images_part["n − 1"][1] > 1.2
    assert verdicts.others(found[0][3])["Satterthwaite"][0] < 0.945
    assert seeds_part["seeds only"][0] < 0.945


def test_looking_three_times_keeps_the_rate(found, verdicts):
    for layouts in found:
        wrong, spent = verdicts.until_decided(layouts, 4)
        assert wrong <= 0.06
        assert 5 < spent <= 20


def test_seeds_named_are_mostly_enough(found, verdicts):
    layouts = found[0]
    truth = verdicts.Truth(layouts[20], draws=1000)
    numbers, enough = verdicts.advice(layouts[5], truth, 0.02)
    assert len(numbers) > STUDIES / 4
    assert enough >= 0.78
    fewest = truth.fewest(0.02, 0.95)
    assert np.median(numbers) < 10 * fewest
    checked = verdicts.power_from_images(verdicts.WORLDS["seeds dominate"], 1500, fewest, 0.02, 0.95, 300)
    assert checked == pytest.approx(0.8, abs=0.12)


def test_tables_are_written_between_their_markers(tmp_path, verdicts):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- calls: begin -->\nold\n<!-- calls: end -->\nafter\n")
    verdicts.write(page, "calls", ["world", "images", "rate"], [["mixed", "150", "4.9"]])
    assert page.read_text() == (
        "before\n<!-- calls: begin -->\n| world | images | rate |\n| --- | --- | ---: |\n| mixed | 150 | 4.9 |\n"
        "<!-- calls: end -->\nafter\n"
    )
