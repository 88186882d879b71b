import json

import numpy as np
import pytest

import regimen as rg
from regimen.errors import OptionError, RemedyError, RunError, StoreError
from regimen.store.study_store import load_split
from regimen.study.planning import plan_trial

from .conftest import Untrained


def test_it_adds_what_helps_most_until_nothing_helps_and_confirms_it(search):
    executor = Untrained({"dropout": 20, "flip": 40, "l2": -10, "flip+l2": -5})
    found = search(executor)
    assert [step.taken and step.taken.name for step in found.steps] == ["flip", "dropout", None]
    assert [[tried.arm for tried in step.candidates] for step in found.steps] == [
        ["flip", "dropout", "l2"],
        ["flip + dropout", "flip + l2"],
        ["flip + dropout + l2"],
    ]
    assert found.combination == "flip + dropout"
    assert str(found.remedy) == "flip=0.5 + dropout=0.2"
    assert executor.counted() == {
        **{("steps", name): 3 for name in ("", "dropout", "flip", "l2", "dropout + flip", "l2 + flip")},
        ("steps", "dropout + l2 + flip"): 3,
        ("confirmation", ""): 4,
        ("confirmation", "dropout + flip"): 4,
    }
    second = found.steps[1].taken.comparison
    assert second.difference == pytest.approx(20 / 450)  # over the combination before, not over the baseline
    assert found.confirmation.verdicts.verdict["flip + dropout"] == "helps"
    assert found.confirmation.summary.arms[1].comparison.level == pytest.approx(0.95)
    assert "flip + dropout" in found.answer


def test_the_confirmation_uses_other_seeds_and_validates_on_other_images(search, images):
    executor = Untrained({"flip": 40})
    found = search(executor)
    seeds = {
        study: {seed for where, _, seed in executor.trained if where == study} for study in ("steps", "confirmation")
    }
    assert seeds == {"steps": {1000, 1001, 1002}, "confirmation": {0, 1, 2, 3}}
    steps, confirmed = (load_split(found.folder / name) for name in ("steps", "confirmation"))
    assert not np.intersect1d(steps["validation"], confirmed["validation"]).size
    assert len(steps["training"]) == len(confirmed["training"])
    ordinary = plan_trial(rg.Study(images, arms=["flip"], epochs=4))
    np.testing.assert_array_equal(ordinary.split.validation, confirmed["validation"])


def test_the_confirming_study_is_an_ordinary_one(search, images):
    found = search(Untrained({"flip": 40}))
    again = Untrained({"flip": 40})
    assert not (found.folder / "steps" / "study.toml").exists()  # no study file can say how its images are divided
    asked = rg.Study.read(found.folder / "confirmation" / "study.toml", data=images)
    assert (asked.arms, asked.looks) == ({"flip": "flip=0.5"}, ((0, 1, 2, 3),))
    assert asked.run(executor=again).verdicts.equals(found.confirmation.verdicts)
    settings = {"epochs": 4, "seeds": 4, "out": found.folder / "confirmation"}
    repeated = rg.Study(images, arms=[found.combination], **settings).run(executor=again)
    assert again.trained == []
    assert repeated.verdicts.equals(found.confirmation.verdicts)


def test_what_the_search_has_seen_is_told_beside_what_is_confirmed(search):
    found = search(Untrained({"flip": 40}, confirmed={"flip": 9}))
    assert "the difference was +8.9 points; in those of the confirmation it is +2.0" in found.answer
    report = found.confirmation.report().read_text()
    assert "flip was selected by a search, which validated on other images and used other seeds" in report
    assert "flip taken on baseline: +8.9 points" in report


def test_where_most_images_validate_it_is_said_that_some_validate_twice(search):
    notes = search(Untrained({"flip": 40}), validation=900).confirmation.details.notes
    assert any("on 300 of the 900 images" in note for note in notes)
    assert not any("validated on other images" in note for note in notes)


def test_nothing_that_helps_is_said_and_not_confirmed(search, tmp_path):
    executor = Untrained({"dropout": -20, "flip": -40})
    found = search(executor)
    assert (found.combination, found.remedy, found.confirmation, found.best) == ("baseline", None, None, None)
    assert len(executor.trained) == 12
    assert "3 remedies were tried on the model as it is, and none was taken" in found.answer
    assert json.loads((tmp_path / "found" / "search.json").read_text())["confirmation"] is None
    assert found.tried.report().exists()


def test_a_remedy_too_small_to_matter_is_not_taken(search):
    assert search(Untrained({"flip": 2})).combination == "flip"
    found = search(Untrained({"flip": 2}), margin=0.02)
    assert found.combination == "baseline"
    assert found.steps[0].candidates[0].comparison.verdict == "equivalent"


def test_the_same_search_again_trains_nothing_and_finds_the_same(search):
    first, again = Untrained({"flip": 40}), Untrained({"flip": 40})
    found, repeated = search(first), search(again)
    assert again.trained == []
    assert json.dumps(repeated.to_json()) == json.dumps(found.to_json())


@pytest.mark.parametrize("runs", [1, 14, 20])
def test_a_search_that_is_stopped_goes_on_where_it_was(search, runs, tmp_path):
    gains = {"flip": 40, "dropout": 20}
    stopped = Untrained(gains, stop_after=runs)
    with pytest.raises(KeyboardInterrupt, match="stopped"):
        search(stopped)
    resumed = Untrained(gains)
    found = search(resumed)
    whole = Untrained(gains)
    wanted = search(whole, out=tmp_path / "whole")
    assert sorted(stopped.trained + resumed.trained) == sorted(whole.trained)
    assert [step.taken for step in found.steps] == [step.taken for step in wanted.steps]
    assert found.confirmation.verdicts.equals(wanted.confirmation.verdicts)


def test_a_budget_of_runs_reserves_the_confirmation(search):
    executor = Untrained({"flip": 40, "dropout": 20, "l2": 10})
    found = search(executor, budget=12 + 8 + 3)  # the first step, the confirmation and one more candidate
    assert len(executor.trained) == 23
    assert [len(step.candidates) for step in found.steps] == [3, 1]
    assert found.steps[1].taken.name == "dropout"  # the better one of the first step had the room
    assert "no room" in found.steps[1].left_out["l2"]
    assert "ended with its budget" in found.ended
    assert found.confirmation.verdicts.verdict["flip + dropout"] == "helps"


def test_a_budget_of_time_counts_what_was_trained_before(search):
    gains = {"flip": 40, "dropout": 20, "l2": 10}
    executor = Untrained(gains, seconds=60.0)
    with pytest.raises(KeyboardInterrupt, match="stopped"):
        search(Untrained(gains, seconds=60.0, stop_after=7), budget="23min")
    found = search(executor, budget="23 min")
    assert len(executor.trained) == 23 - 7
    assert [len(step.candidates) for step in found.steps] == [3, 1]


def test_a_budget_that_is_too_small_is_refused_before_training(search):
    executor = Untrained({})
    with pytest.raises(OptionError, match=r"budget of 13 leaves no room .* 14 runs, take 14 runs"):
        search(executor, budget=13)
    assert executor.trained == []
    assert len(search(executor, budget=14).steps) == 1
    with pytest.raises(OptionError, match=r"take about 14 min 00 s of training"):
        search(Untrained({}, seconds=60.0), budget="13min", out="other")


def test_combinations_that_are_refused_are_left_out(search):
    found = search(Untrained({"flip": 40}), arms=["flip", "mirrored: flip + dropout", "flips: flip=0.9", "l2"])
    assert [tried.name for tried in found.steps[1].candidates] == ["l2"]  # other strengths of flip are no candidates
    found = search(Untrained({"batchnorm": 40}), arms=["batchnorm", "l2=0.1,where=dense"], out="second")
    assert [tried.name for tried in found.steps[1].candidates] == ["l2=0.1,where=dense"]


def test_a_combination_that_is_a_candidate_too_is_trained_once(search):
    executor = Untrained({"flip": 40, "dropout": 20})
    found = search(executor, arms=["flip", "dropout", "flip + dropout"])
    assert found.combination == "flip + dropout"
    assert max(executor.counted().values()) == 4
    with pytest.raises(OptionError, match=r"Two combinations are called 'flip \+ l2'"):
        search(Untrained({"flip": 40}), arms=["flip", "l2", "flip + l2: dropout"], out="other")


def test_the_test_part_is_scored_by_the_confirmation_alone(search, images):
    some = images.train.images[:90], images.train.labels[:90]
    data = rg.Dataset.from_arrays(images.train.images, images.train.labels, *some)
    found = search(Untrained({"flip": 40}), data=data)
    scored = {name: len(load_split(found.folder / name)["test_labels"]) for name in ("steps", "confirmation")}
    assert scored == {"steps": 0, "confirmation": 90}


def test_a_remedy_may_be_added_at_another_place_but_not_at_another_strength(search):
    arms = ["flip", "flip=0.9", "flip,direction=vertical"]
    found = search(Untrained({"flip": 40}), arms=arms)
    assert found.steps[0].taken.name == "flip"
    assert [tried.name for tried in found.steps[1].candidates] == ["flip,direction=vertical"]
    assert found.steps[1].left_out == {
        "flip": "some strength of it is taken.",
        "flip=0.9": "some strength of it is taken.",
    }


def test_candidates_that_are_the_same_are_refused(search):
    with pytest.raises(OptionError, match=r"'dropout' and 'dropout=0\.2' are the same remedy: name it once"):
        search(Untrained({}), arms=["dropout", "dropout=0.2"])


def test_a_directory_holds_one_set_of_candidates(search, tmp_path):
    search(Untrained({"flip": 40}), arms=["flip"])
    with pytest.raises(StoreError, match=r"holds a search of other candidates \(flip\). Choose another with --out"):
        search(Untrained({"flip": 40}), arms=["flip", "l2"])
    (tmp_path / "found" / "search.json").write_text("{")
    with pytest.raises(StoreError, match=r"other candidates \(unknown\)"):
        search(Untrained({"flip": 40}), arms=["flip"])
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file' is a file, and a search needs a directory"):
        search(Untrained({}), out=tmp_path / "file")
    one, other = (search(Untrained({}), arms=arms, out=None).folder for arms in (["flip"], ["l2"]))
    assert one != other


def test_what_ends_early_is_compared_at_the_end_if_it_is_named(search):
    found = search(Untrained({"flip": 40}), arms=["earlystop=2", "flip"])
    assert found.combination == "flip"
    assert found.steps[1].candidates[0].arm == "flip + earlystop=2"


def test_a_remedy_whose_runs_fail_is_not_taken_and_is_told(search):
    found = search(Untrained({"flip": 40, "dropout": 20}, fails="dropout"))
    assert found.combination == "flip"
    assert any("dropout, seed 1000: out of memory" in line for line in found.failed)
    with pytest.raises(RunError, match="No run of the study"):
        search(Untrained({}, fails="dropout"), arms=["flip"], model=dropping, out="third")


def dropping():
    import keras

    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
    return keras.Sequential(layers)


def test_without_a_choice_what_is_no_candidate_is_told_and_kept(search):
    events = []
    (step,) = search(Untrained({}), events, arms=None, step_seeds=2, seeds=2).steps
    assert "only ends training early" in step.left_out["earlystop"]
    assert "earlystop" not in {tried.name for tried in step.candidates}
    assert any(event.get("text", "").startswith("Note: earlystop is no candidate: it only ends") for event in events)


def test_what_cannot_be_used_is_refused_before_training(search, tmp_path):
    executor = Untrained({})
    with pytest.raises(RemedyError, match="There is no remedy 'dropuot'"):
        search(executor, arms=["dropuot"])
    with pytest.raises(RemedyError, match=r"Arm 'dropout=0\.2,where=nowhere'"):
        search(executor, arms=["dropout=0.2,where=nowhere"])
    with pytest.raises(OptionError, match="has no candidate"):
        search(executor, arms=["baseline"])
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(StoreError, match="is not empty and holds no search"):
        search(executor, out=tmp_path / "photos")
    assert executor.trained == []


def test_each_stage_is_announced_with_its_own_arms(search):
    events = []
    search(Untrained({"flip": 40}), events)
    stages = [event for event in events if event["event"] == "planned"]
    assert [stage["arms"] for stage in stages] == [
        ["baseline", "dropout", "flip", "l2"],
        ["flip + dropout", "flip + l2"],
        ["baseline", "flip"],
    ]
    assert [stage["title"] for stage in stages] == [
        "Step 1: 3 candidates on the model as it is, 12 runs",
        "Step 2: 2 candidates on flip, 6 runs",
        "Confirmation: flip against the baseline, 8 runs with new seeds",
    ]
    told = [event["text"] for event in events if event["event"] == "told"]
    assert told[1].startswith("Step 1: flip taken on baseline: +8.9 points (")
    assert told[-2:] == [
        "Step 2: 2 remedies tried on flip, none of which is shown to help",
        "The search ended as nothing more is shown to help.",
    ]
    finished = [(event["arm"], event["seed"]) for event in events if event["event"] == "finished"]
    assert len(finished) == len(set(finished)) == 12 + 6 + 8
