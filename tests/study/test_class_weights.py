"""Class weights as a user writes them, and as they are told."""

import numpy as np
import pytest

import regimen as rg
from regimen.errors import OptionError
from regimen.plan import Plan
from regimen.study.class_weights import class_weights
from regimen.study.description import describe
from regimen.study.planning import plan_trial

from .conftest import make_arrays

NAMES = ("cat", "dog", "big bird")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ()),
        ("balanced", "balanced"),
        ({"dog": 2}, (1.0, 2.0, 1.0)),
        ({0: np.float32(0.5), np.int64(2): 3}, (0.5, 1.0, 3.0)),
        ({"0": 0.5, "big bird": 3}, (0.5, 1.0, 3.0)),
        ("cat=0.5, big bird = 3", (0.5, 1.0, 3.0)),
        ({"cat": 1.0}, ()),
    ],
)
def test_classes_by_name_or_position(given, expected):
    found = class_weights(given, NAMES)
    assert found == expected
    assert all(type(weight) is float for weight in found if not isinstance(found, str))


@pytest.mark.parametrize("written", ['{ cat = 2, "1" = 0.5 }', '"cat=2,dog=0.5"'])
def test_a_study_file_holds_them(written, tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(f"data = 'digits'\nclass-weight = {written}\n")
    study = rg.Study.read(file)
    assert class_weights(study.class_weight, NAMES) == (2.0, 0.5, 1.0)


def test_a_name_goes_before_a_position():
    assert class_weights({1: 5.0}, ("1", "2")) == (5.0, 1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("balancd", "class_weight must be balanced, or weights such as cat=2,dog=1; received 'balancd'"),
        ("cat=2,dog=x", "received 'dog=x' among them"),
        ([1, 2, 3], r"class_weight must be balanced, or weights by class; received \[1, 2, 3\]"),
        ({"cat": 0}, "The class weight of 'cat' must be a number above 0; received 0"),
        ({"cat": "2"}, "must be a number above 0; received '2'"),
    ],
)
def test_nonsense_is_refused_at_once(given, message):
    with pytest.raises(OptionError, match=message):
        rg.Study("digits", class_weight=given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cta": 2.0}, "there is no class 'cta'. Did you mean 'cat'?"),
        ({3: 2.0}, "there is no class 3. Known: big bird, cat, dog"),
        ({-1: 2.0}, "there is no class -1"),
        ({"cat": 2.0, 0: 2.0}, "names the class 'cat' twice"),
    ],
)
def test_classes_that_are_not_there(given, message):
    with pytest.raises(OptionError, match=message):
        class_weights(given, NAMES)


def test_a_plan_survives_json(make_study):
    plan = plan_trial(make_study(class_weight={"top": 2.0})).baseline
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.digest() != plan_trial(make_study()).baseline.digest()


@pytest.mark.parametrize(
    ("given", "expected"),
    [("balanced", "balanced: top 0.667, middle 1.33, bottom 1.33"), ("top=2", "top 2, middle 1, bottom 1")],
)
def test_they_are_told(make_study, given, expected):
    images, labels = make_arrays(120)
    unequal = np.concatenate([np.arange(120), np.flatnonzero(labels == 0)])
    data = rg.Dataset.from_arrays(images[unequal], labels[unequal], class_names=["top", "middle", "bottom"])
    study = make_study(data, class_weight=given, arms=[])
    setup = describe(study, plan_trial(study), "name", 1, {"baseline": {0: "key"}})["setup"]
    assert dict(setup)["class weights"] == expected
