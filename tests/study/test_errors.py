import json
import shutil

import keras
import numpy as np
import pytest
from sklearn import metrics

import regimen as rg
from regimen.errors import OptionError
from regimen.store import StudyStore
from regimen.study.tables import TABLES

from .conftest import InlineExecutor, make_arrays

NAMES = ["<script>alert(1)</script>", "{middle}", "b & c"]


@pytest.fixture(scope="module")
def data():
    return rg.Dataset.from_arrays(*make_arrays(), *make_arrays(30, seed=1), class_names=NAMES)


@pytest.fixture(scope="module")
def result(data, tmp_path_factory):
    """Three arms, one of them judged at its end, two seeds; trained once for all tests here."""
    arms = {"l2": rg.L2(1.0), "stop": rg.EarlyStopping(2)}
    folder = tmp_path_factory.mktemp("errors") / "study"
    return rg.Study(data, arms=arms, epochs=5, seeds=2, out=folder).run(executor=InlineExecutor())


@pytest.fixture
def without_pictures(result, tmp_path):
    folder = tmp_path / "older"
    shutil.copytree(result.folder, folder)
    (folder / "pictures.npz").unlink()
    return rg.load_result(folder)


def stored(result, arm, kind):
    """Labels and the probabilities of an arm's runs, as they lie in the study's directory."""
    with StudyStore.open(result.folder) as store:
        keys = store.spec()["keys"][arm]
        runs = [store.run_folder(keys[seed]).predictions(f"validation_{kind}") for seed in sorted(keys)]
        return store.split()["validation_labels"], runs


@pytest.mark.parametrize(("arm", "kind"), [("baseline", "selected"), ("l2", "selected"), ("stop", "last")])
def test_errors_are_those_of_the_stored_probabilities(result, arm, kind):
    labels, runs = stored(result, arm, kind)
    found = result.errors.arm(arm)
    matrices = [metrics.confusion_matrix(labels, run.argmax(axis=1), labels=range(3)) for run in runs]
    np.testing.assert_allclose(found.confusion, np.mean(matrices, axis=0))
    assert found.calibration.accuracy == pytest.approx(
        next(a for a in result.summary.arms if a.name == arm).judged_accuracy
    )
    assert found.seeds == (0, 1)
    mean = np.mean(runs, axis=0)
    wrong = np.flatnonzero(mean.argmax(axis=1) != labels)
    assert {item.image for item in found.mistakes} == set(wrong)
    worst = max(wrong, key=lambda image: mean[image].max())
    assert (found.mistakes[0].image, found.mistakes[0].predicted) == (worst, mean[worst].argmax())


def test_an_arm_that_stops_early_is_read_where_it_ended(result, tmp_path):
    shutil.copytree(result.folder, tmp_path / "study")
    with StudyStore.open(tmp_path / "study") as store:
        for key in store.spec()["keys"]["stop"].values():
            ending = np.zeros((36, 3), np.float32)
            ending[:, 2] = 1
            np.save(store.run_folder(key).path / "validation_last.npy", ending)
    found = rg.load_result(tmp_path / "study").errors
    assert found.arm("stop").confusion[:, 2].sum() == 36
    assert found.arm("baseline").confusion[:, 2].sum() < 36


def test_pictures_of_mistakes_are_kept_with_the_study(result, data):
    again = rg.load_result(result.folder)
    positions = np.load(result.folder / "split.npz")["validation"]
    mistake = again.errors.arms[0].mistakes[0].image
    np.testing.assert_array_equal(again.picture(mistake), data.train.images[positions[mistake]])
    listed = {item.image for arm in again.errors.arms for item in arm.mistakes[:24]}
    assert listed <= set(again.pictures)
    assert again.picture(10**6) is None


def test_a_study_without_pictures_is_told_all_the_same(without_pictures):
    assert without_pictures.picture(without_pictures.errors.arms[0].mistakes[0].image) is None
    assert without_pictures.report().read_text()
    (without_pictures.folder / "pictures.npz").write_bytes(b"damaged")
    assert rg.load_result(without_pictures.folder).pictures == {}


def test_pictures_that_cannot_be_kept_cost_nothing_but_a_note(data, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StudyStore, "write_pictures", full)
    events = []
    study = rg.Study(data, arms=[], epochs=1, seeds=1, out=tmp_path / "s")
    result = study.run(events.append, executor=InlineExecutor())
    assert result.best is not None
    assert result.pictures == {}
    assert any("No space left" in event["text"] for event in events if event["event"] == "note")


def test_no_more_pictures_than_there_is_room_for(data, tmp_path, monkeypatch):
    monkeypatch.setattr("regimen.study.errors.PICTURE_BYTES", 5 * 64)
    study = rg.Study(data, arms=[], epochs=1, seeds=1, out=tmp_path / "s")
    assert len(study.run(executor=InlineExecutor()).pictures) == 5


def test_tables_are_tidy_and_agree_with_each_other(result):
    frames = {what: result.to_frame(what) for what in TABLES}
    assert all(not frame.columns.duplicated().any() and len(frame) for frame in frames.values())
    arms = frames["arms"].set_index("arm")
    assert list(arms.index) == ["baseline", "l2", "stop"]
    assert arms.ece["l2"] == result.errors.arm("l2").calibration.ece
    np.testing.assert_allclose(arms.accuracy, frames["runs"].groupby("arm").accuracy.mean()[arms.index])
    np.testing.assert_allclose(arms.test_accuracy, frames["runs"].groupby("arm").test_accuracy.mean()[arms.index])
    classes, confusion = frames["classes"], frames["confusion"]
    assert set(classes["class"]) == set(NAMES)
    assert classes.groupby("arm").images.sum().eq(36).all()
    right = confusion[confusion.true == confusion.predicted].groupby("arm").images.sum() / 36
    weighted = (classes.accuracy * classes.images).groupby(classes.arm).sum() / 36
    np.testing.assert_allclose(right, weighted)
    assert frames["calibration"].groupby("arm").images.sum().to_numpy() == pytest.approx(36)
    changes = frames["changes"].groupby(["arm", "change"]).size()
    assert changes.sum() == arms.fixed.sum() + arms.added.sum()
    assert arms.fixed.isna().tolist() == [True, False, False]
    mistakes = frames["mistakes"]
    assert (mistakes.label != mistakes.predicted).all()
    assert mistakes.confidence.between(0, 1).all()


def test_mistakes_name_the_image_in_the_data(result, data):
    mistakes = result.to_frame("mistakes")
    labels = [NAMES[label] for label in data.train.labels[mistakes.train_image]]
    assert mistakes.label.tolist() == labels


def test_the_default_table_is_every_epoch(result):
    frame = result.to_frame()
    assert frame.equals(result.to_frame("epochs"))
    assert frame.groupby("arm").epoch.max()["baseline"] == 5


@pytest.mark.parametrize(
    ("what", "advice"),
    [
        ("mistake", "Did you mean 'mistakes'"),
        (None, "Known: arms, calibration, changes, classes, confusion, epochs, mistakes, runs"),
        (3, "Known: arms, calibration, changes, classes, confusion, epochs, mistakes, runs"),
    ],
)
def test_another_table_is_refused_with_those_there_are(result, what, advice):
    with pytest.raises(OptionError, match=f"There is no table {what!r}. {advice}"):
        result.to_frame(what)


def test_verdicts_have_the_test_part_beside_them(result):
    row = result.verdicts.loc["l2"]
    assert row.test_low <= row.test_difference <= row.test_high
    assert row.test_verdict in {"helps", "hurts", "equivalent", "cannot tell", "identical"}
    assert np.isnan(result.verdicts.test_difference["baseline"])
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["arms"][1]["test_verdict"] == row.test_verdict


def test_in_a_notebook_the_answer_and_where_the_report_is(result, without_pictures, monkeypatch):
    monkeypatch.setattr("regimen.report.notebook._figure", lambda _: "data:,")
    html = without_pictures._repr_html_()
    assert result.summary.answer in html
    assert "result.report()" in html
    (without_pictures.folder / "report.html").touch()
    assert str(without_pictures.folder / "report.html") in without_pictures._repr_html_()


def test_diverged_runs_are_left_out_and_counted(data, tmp_path):
    study = rg.Study(data, arms=[], epochs=1, seeds=2, optimizer="sgd", learning_rate=1e30, out=tmp_path / "s")
    result = study.run(executor=InlineExecutor())
    assert result.errors.arms == ()
    assert result.errors.left_out == {"baseline": 2}
    assert all(result.to_frame(what).empty for what in ("classes", "confusion", "calibration", "mistakes", "changes"))
    assert np.isnan(result.to_frame("arms").ece[0])


def test_a_binary_model_has_two_columns(tmp_path):
    import keras
    from keras import layers

    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    images = (rng.integers(0, 150, (100, 6, 6, 1)) + 20 * labels[:, None, None, None]).astype(np.uint8)
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    study = rg.Study((images, labels), model=model, arms=[], epochs=2, seeds=1, out=tmp_path / "s")
    found = study.run(executor=InlineExecutor()).errors.arms[0]
    assert found.confusion.shape == (2, 2)
    assert found.calibration.confidence >= 0.5


def test_top_5_accuracy_of_many_classes_is_kerass(make_study, executor):
    data = rg.Dataset.from_arrays(*make_arrays(240, classes=12))
    result = make_study(data, arms=[], epochs=1, seeds=1).run(executor=executor)
    (stored,) = result.folder.glob("runs/*/validation_selected.npy")
    labels = np.load(result.folder / "split.npz")["validation_labels"]
    metric = keras.metrics.SparseTopKCategoricalAccuracy(5)
    metric.update_state(labels, np.load(stored))
    assert result.to_frame("runs").top5_accuracy.tolist() == pytest.approx([float(metric.result())])
    assert "Top-5 accuracy" in result.report().read_text()
