import json
import sqlite3

import keras
import numpy as np
import pytest

from regimen.errors import StoreError
from regimen.language import plural, say
from regimen.models.graph import Graph
from regimen.plan import Arm, Plan, Receipt
from regimen.store.study_store import METRICS, RunRecord, StudyStore, load_pictures

EPOCH = {name: 0.5 + index for index, name in enumerate(METRICS)}


@pytest.fixture
def store(tmp_path):
    with StudyStore.create(tmp_path / "study", "identity") as store:
        yield store


@pytest.fixture
def arms():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    plan = Plan(Graph.from_keras(model))
    return [Arm("baseline", plan), Arm("l2", plan, (Receipt("l2=0.1", ("dense: penalty", "more")),))]


def test_spec_and_arms_come_back(store, arms):
    store.write_spec({"name": "x", "keys": {"baseline": {"0": "k"}}}, arms, {"l2": "last"})
    with StudyStore.open(store.folder) as found:
        assert found.spec()["name"] == "x"
        assert found.arms() == arms
        assert found.judged_at() == {"baseline": "selected", "l2": "last"}


def test_messages_come_back_as_messages(store, arms):
    change, label = say("{layer}: Dropout({rate}) after it", layer="pool", rate="0.2"), say("training images")
    note = plural(2, "{number} file", "{number} files")
    arms = [arms[0], Arm("dropout", arms[1].plan, (Receipt("dropout=0.2", (change,)),))]
    store.write_spec({"dataset": [(label, "300")], "notes": (note, "plain")}, arms, {})
    with StudyStore.open(store.folder) as found:
        ((read, value),), notes = found.spec()["dataset"], found.spec()["notes"]
        (line,) = found.arms()[1].receipts[0].changes
    assert (read, value, notes) == (label, "300", [note, "plain"])
    assert (read.text, notes[0].number) == ("training images", 2)
    assert (line, line.text, line.values) == (change, change.text, change.values)


def test_what_older_versions_kept_as_plain_text_is_read(store, arms):
    store.write_spec({"notes": []}, arms, {})
    connection = sqlite3.connect(store.folder / "study.sqlite")
    with connection:
        connection.execute("UPDATE study SET spec = ?", (json.dumps({"notes": ["a note"]}),))
        connection.execute("UPDATE arms SET receipts = ?", (json.dumps([{"remedy": "l2=0.1", "changes": ["dense"]}]),))
    connection.close()
    with StudyStore.open(store.folder) as found:
        assert found.spec()["notes"] == ["a note"]
        assert found.arms()[1].receipts == (Receipt("l2=0.1", ("dense",)),)


def test_runs_and_epochs_come_back(store):
    store.write_run(RunRecord("k", 3, "running"))
    store.write_epoch("k", 1, EPOCH)
    store.write_epoch("k", 2, {**EPOCH, "loss": float("nan")})
    store.write_run(RunRecord("k", 3, "finished", 1, 2.5, None, {"torch": "2"}, ("layer",)))
    with StudyStore.open(store.folder) as found:
        run = found.runs()["k"]
        history = found.history("k")
    assert (run.seed, run.status, run.selected_epoch, run.wall_seconds) == (3, "finished", 1, 2.5)
    assert (run.environment, run.run_by_keras) == ({"torch": "2"}, ["layer"])
    assert list(history) == list(METRICS)
    np.testing.assert_array_equal(history["acc"], [EPOCH["acc"]] * 2)
    np.testing.assert_array_equal(history["loss"], [EPOCH["loss"], np.nan])


def test_a_run_that_starts_again_forgets_its_epochs(store):
    store.write_run(RunRecord("k", 0, "running"))
    store.write_epoch("k", 1, EPOCH)
    store.write_run(RunRecord("k", 0, "running"))
    assert len(store.history("k")["loss"]) == 0


def test_histories_are_exact(store):
    value = 0.1 + 0.2
    store.write_run(RunRecord("k", 0, "running"))
    store.write_epoch("k", 1, dict.fromkeys(METRICS, value))
    assert store.history("k")["val_acc"][0] == value


def test_two_processes_cannot_write_one_study(store):
    with pytest.raises(StoreError, match="Another process is running the study"):
        StudyStore.create(store.folder, "identity")


def test_the_same_study_can_be_opened_again(tmp_path):
    for _ in range(2):
        StudyStore.create(tmp_path / "s", "identity").close()


def test_another_study_is_refused(store):
    store.close()
    with pytest.raises(StoreError, match="holds another study"):
        StudyStore.create(store.folder, "other")


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(StoreError, match="is not empty and holds no study"):
        StudyStore.create(tmp_path, "identity")


def test_another_schema_is_refused(store):
    store.close()
    connection = sqlite3.connect(store.folder / "study.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="schema version 99"):
        StudyStore.open(store.folder)


def test_a_damaged_database_is_named(store):
    store.close()
    for file in store.folder.glob("study.sqlite*"):
        file.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreError, match=r"study\.sqlite' is damaged"):
        StudyStore.open(store.folder)


def test_no_study_is_named(tmp_path):
    with pytest.raises(StoreError, match="There is no study"):
        StudyStore.open(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        StudyStore.create(tmp_path / "file" / "study", "identity")


def test_split_comes_back(store):
    store.write_split({"training": np.arange(3), "validation": np.array([3])})
    found = store.split()
    np.testing.assert_array_equal(found["training"], [0, 1, 2])
    np.testing.assert_array_equal(found["validation"], [3])


def test_pictures_come_back_by_position(store):
    assert load_pictures(store.folder) == {}
    images = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 1)
    store.write_pictures(np.array([4, 9]), images)
    found = load_pictures(store.folder)
    assert list(found) == [4, 9]
    np.testing.assert_array_equal(found[9], images[1])
    store.write_pictures(np.array([], np.int64), images[:0])
    assert load_pictures(store.folder) == {}


def test_a_write_that_fails_leaves_the_pictures_as_they_were(store, monkeypatch):
    images = np.zeros((1, 3, 3, 1), np.uint8)
    store.write_pictures(np.array([4]), images)

    def full(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        store.write_pictures(np.array([5]), images)
    assert list(load_pictures(store.folder)) == [4]
    assert not [path for path in store.folder.iterdir() if path.name.endswith("-pictures.npz")]
