from dataclasses import replace

import numpy as np
import pytest

from regimen.analysis.arm_errors import analyze_errors
from regimen.report.error_words import calibration_reading, changes_words, classes_words, left_out_words

NAMES = ("cat", "{dog}", "<b>")


def analyse(seeds=4, skill=1.5):
    labels = np.arange(900) % 3

    def read(arm, _):
        hard = np.random.default_rng(99).normal(0, 3, (900, 3))
        for seed in range(seeds):
            scores = hard + np.random.default_rng([seed, len(arm)]).normal(0, 1, (900, 3))
            scores[np.arange(900), labels] += 1.5
            if arm == "dropout":
                scores[labels == 1, 1] += skill
                scores[labels == 2, 2] -= skill
            powers = np.exp(scores)
            yield seed, powers / powers.sum(axis=1, keepdims=True)

    judged = {"baseline": "selected", "dropout": "selected"}
    return analyze_errors(read, labels, NAMES, judged, left_out={"dropout": 2})


@pytest.fixture(scope="module")
def errors():
    return analyse()


def test_calibration_is_read_against_chance(errors):
    found = errors.arms[1].calibration
    assert calibration_reading(found) == "overconfident"
    assert calibration_reading(replace(found, confidence=0.1)) == "underconfident"
    assert calibration_reading(replace(found, ece=found.ece_chance_limit)) == "no more than chance"


def test_fixes_are_told_beside_chance(errors):
    baseline, arm = errors.arms
    assert changes_words(baseline) is None
    words = changes_words(arm)
    assert words.startswith(f"dropout fixes {len(arm.changes.fixed)} of the {arm.changes.wrong_before} errors")
    assert "From 2 baseline runs to 2 others with other seeds" in words
    assert "From one baseline run to another" in changes_words(analyse(seeds=2).arms[1])
    assert "cannot be said with fewer than two runs" in changes_words(analyse(seeds=1).arms[1])


def test_classes_that_moved_are_named(errors):
    better, worse = classes_words(errors.arms[1], errors)
    assert better.startswith("dropout recognizes better than the baseline, in points: {dog} +")
    assert worse.startswith("dropout recognizes less well than the baseline, in points: <b> −")
    assert classes_words(errors.arms[0], errors) == []


def test_only_some_of_many_classes_are_named(errors):
    arm = errors.arms[1]
    many = replace(arm, classes=(arm.classes[1],) * 8)
    (words,) = classes_words(many, errors)
    assert words.count("{dog}") == 5
    assert words.endswith(" and 3 others.")


def test_runs_that_are_left_out_are_counted(errors):
    assert left_out_words(errors) == ["dropout: 2 runs diverged or failed and are left out of the analysis of errors."]
