import json
import sqlite3

import keras
import numpy as np
import pytest
from keras import layers

import regimen as rg
from regimen.data import Split
from regimen.engine.version import ENGINE_VERSION
from regimen.errors import DataError, ModelError, OptionError, RemedyError, StoreError
from regimen.language import Message
from regimen.plan import Plan
from regimen.store import StudyStore
from regimen.study.conduct import _device as device_of
from regimen.study.planning import plan_trial


def test_a_study_from_arrays_to_verdicts_model_and_report(make_study, executor, data):
    events = []
    study = make_study(arms={"dropout": rg.Dropout(0.3), "l2 + flip": rg.L2(1e-3) + rg.Flip()}, epochs=8)
    result = study.run(events.append, executor=executor)
    assert list(result.verdicts.index) == ["baseline", "dropout", "l2 + flip"]
    assert set(result.verdicts.verdict[1:]) <= {"helps", "hurts", "equivalent", "cannot tell", "identical"}
    assert result.verdicts.accuracy["baseline"] > 0.5
    assert result.verdicts.test_accuracy.notna().all()
    frame = result.to_frame()
    assert len(frame) == 3 * 2 * 8
    assert frame.groupby(["arm", "seed"]).epoch.max().eq(8).all()
    figure = result.plot()
    assert figure.axes
    report = result.report().read_text()
    assert "l2 + flip" in report
    assert result.failed == ()
    kinds = [event["event"] for event in events]
    assert kinds[0] == "planned"
    assert kinds.count("finished") == 6
    assert kinds.count("epoch") == 48
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["arms"][0]["arm"] == "baseline"
    assert "<table" in result._repr_html_()


def test_what_a_result_says_of_its_study_can_be_said_in_another_language(make_study, executor):
    model = keras.Sequential(
        [layers.Rescaling(1 / 255), layers.Conv2DTranspose(4, 3), layers.Flatten(), layers.Dense(3)]
    )
    details = make_study(model=model, arms=["flip", "l2"], epochs=1, seeds=1).run(executor=executor).details
    proper = {"regimen", "keras", "torch", "python"}
    rows = (*details.dataset, *details.setup, *details.environment)
    assert {label for label, _ in rows if not isinstance(label, Message)} == proper
    sentences = [*details.notes, details.best_model, *(line for lines in details.receipts.values() for line in lines)]
    assert all(isinstance(sentence, Message) for sentence in sentences)
    assert {sentence.text.split()[0] for sentence in sentences} >= {"Images", "{file}", "training", "run", "{layer}:"}
    values = dict(rows)
    for label in ("image size", "split", "loss", "optimizer", "initial weights", "scaling", "workers"):
        assert isinstance(values[label], Message), label


def test_the_best_model_takes_raw_images_and_scores_what_is_said(make_study, executor, data):
    result = make_study(epochs=8).run(executor=executor)
    best = result.best
    model = best.model
    split = np.load(result.folder / "split.npz")
    images = data.train.images[split["validation"]].astype("float32")
    predicted = model.predict(images, verbose=0)
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-5)
    accuracy = (predicted.argmax(axis=1) == data.train.labels[split["validation"]]).mean()
    assert accuracy == best.accuracy == pytest.approx(best.accuracy_in_training, abs=0.003)
    assert accuracy > 0.5
    stored = np.load(result.folder / "runs" / best.run / "validation_selected.npy")
    np.testing.assert_allclose(predicted, stored, atol=1e-4)
    row = result.verdicts.loc[best.arm]
    assert row.accuracy == result.verdicts.accuracy.max()


def test_the_same_study_again_trains_nothing(make_study, executor):
    first = make_study().run(executor=executor)
    count = len(executor.trained)
    events = []
    second = make_study().run(events.append, executor=executor)
    assert len(executor.trained) == count == 4
    assert all(event["restored"] for event in events if event["event"] == "finished")
    assert first.verdicts.equals(second.verdicts)


def test_a_study_grows_by_seeds_and_arms(make_study, executor):
    make_study().run(executor=executor)
    executor.trained.clear()
    result = make_study(seeds=3, arms={"dropout": rg.Dropout(0.3), "flip": rg.Flip()}).run(executor=executor)
    assert len(executor.trained) == 2 + 3
    assert len(result.to_frame().groupby(["arm", "seed"])) == 9


def test_an_arm_of_strength_zero_is_the_baseline_and_is_trained_once(make_study, executor):
    result = make_study(arms={"none": rg.Dropout(0.0)}).run(executor=executor)
    assert len(executor.trained) == 2
    assert result.verdicts.verdict["none"] == "identical"


def test_other_settings_are_another_study(make_study, executor, data):
    make_study().run(executor=executor)
    for change in ({"epochs": 5}, {"split_seed": 1}, {"learning_rate": 0.1}, {"batch_size": 16}):
        with pytest.raises(StoreError, match="holds another study"):
            make_study(**change).run(executor=executor)


def test_without_out_the_same_command_finds_its_study(make_study, executor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {make_study(out=None).run(executor=executor).folder for _ in range(2)}
    assert len(folders) == 1
    assert str(folders.pop()).startswith("studies/arrays-")
    assert make_study(out=None, epochs=5).run(executor=executor).folder not in folders


def test_keys_depend_on_everything_that_determines_a_run(make_study, data, monkeypatch):
    trial = plan_trial(make_study())
    arm = trial.arms[0]
    key = trial.key(arm, 0)
    others = {trial.key(arm, 1), trial.key(trial.arms[1], 0)}
    for elsewhere in (trial.computed("bfloat16", "cpu"), trial.computed("float32", "cuda")):
        others.add(elsewhere.key(elsewhere.arms[0], 0))
    changes = ("split_seed", 1), ("epochs", 5), ("scale", "unit"), ("train_size", 60), ("shuffle", "once")
    for change in (*changes, ("scale_from", "all"), ("stratify", False)):
        other = plan_trial(make_study(**dict([change])))
        others.add(other.key(other.arms[0], 0))
    monkeypatch.setattr("regimen.study.planning.ENGINE_VERSION", ENGINE_VERSION + 1)
    others.add(trial.key(arm, 0))
    assert len(others) == 12
    assert key not in others


def test_scaling_is_measured_on_training_images_or_on_all(make_study, data):
    images = data.train.images
    for measured_on, used in (("training", None), ("all", images)):
        trial = plan_trial(make_study(scale_from=measured_on))
        used = images[trial.split.training] if used is None else used
        scaling = trial.baseline.scaling
        np.testing.assert_allclose(scaling.mean, used.mean((0, 1, 2)))
        np.testing.assert_allclose(scaling.std, used.std((0, 1, 2)))
        assert scaling == Plan.from_json(json.loads(json.dumps(trial.baseline.to_json()))).scaling
        other = trial.with_split(Split(trial.split.validation, trial.split.training), "swapped")
        assert (other.baseline.scaling == scaling) == (measured_on == "all")


def test_one_seed_works_and_has_no_interval(make_study, executor):
    result = make_study(seeds=1).run(executor=executor)
    row = result.verdicts.loc["dropout"]
    assert row.verdict == "cannot tell"
    assert np.isnan(row.low)
    assert "seed" in row.reason


def test_no_arms_is_a_study_of_the_baseline(make_study, executor):
    result = make_study(arms=[]).run(executor=executor)
    assert list(result.verdicts.index) == ["baseline"]
    assert result.summary.answer


def test_default_arms_leave_out_what_has_no_place(make_study):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)])
    trial = plan_trial(make_study(model=model, arms=None))
    assert [arm.name for arm in trial.arms] == ["baseline", "dropout", "flip", "shift"]
    assert trial.arms[1].receipts[0].remedy == "dropout=0.2,where=head"  # there is no pooling to put it after
    assert sum("was left out" in note for note in trial.notes) == 2
    headless = keras.Sequential([keras.Input((8, 8, 1)), layers.Reshape((64,)), layers.Dense(3)])
    trial = plan_trial(make_study(model=headless, arms=None))
    assert [arm.name for arm in trial.arms] == ["baseline", "flip", "shift"]
    assert sum("dropout was left out: dropout: where=blocks has no" in note for note in trial.notes) == 1


def test_arms_may_be_texts(make_study):
    trial = plan_trial(make_study(arms=["dropout=0.1|0.5", "both: l2 + flip"]))
    assert [arm.name for arm in trial.arms] == ["baseline", "dropout=0.1", "dropout=0.5", "both"]
    trial = plan_trial(make_study(arms={"d": "dropout=0.1|0.5,where=head"}))
    assert [arm.name for arm in trial.arms] == ["baseline", "d 0.1", "d 0.5"]


def test_early_stopping_is_judged_at_its_end(make_study, executor):
    result = make_study(arms={"stop": rg.EarlyStopping(1)}, epochs=20, learning_rate=0.01).run(executor=executor)
    (_, stopped) = result.summary.arms
    assert stopped.judged_at == "last"
    assert all(len(run.history["loss"]) < 20 for run in stopped.runs)


def test_a_run_that_fails_costs_its_arm_the_verdict_and_no_more(make_study, executor, monkeypatch):
    from regimen.engine.training import Run

    train = Run.train

    def failing(self):
        if self.plan.transforms and self.seed == 1:
            raise MemoryError("out of memory")
        return train(self)

    monkeypatch.setattr(Run, "train", failing)
    arms = {"dropout": rg.Dropout(0.3), "flip": rg.Flip()}
    result = make_study(arms=arms).run(executor=executor)
    assert len(result.failed) == 1
    assert "flip, seed 1" in result.failed[0]
    assert "out of memory" in result.failed[0]
    assert result.verdicts.verdict["flip"] == "no verdict"
    assert result.verdicts.verdict["dropout"] != "no verdict"
    monkeypatch.undo()
    executor.trained.clear()
    again = make_study(arms=arms, out=result.folder)
    with monkeypatch.context() as patch:
        patch.setenv("REGIMEN_CACHE", str(result.folder.parent / "cache"))
        assert again.run(executor=executor).failed == ()
    assert len(executor.trained) == 1  # only the failed run is trained again


def test_a_diverging_arm_scores_at_chance_and_is_shown(make_study, executor):
    result = make_study(arms=[], optimizer="sgd", learning_rate=1e30).run(executor=executor)
    assert {run.status for run in result.summary.baseline.runs} == {"diverged"}
    assert result.verdicts.accuracy["baseline"] == pytest.approx(1 / 3)
    assert result.best is None


def test_weights_of_the_model_are_kept_when_said(make_study, executor, data):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.set_weights([np.full((64, 3), 0.01), np.array([0.1, 0.2, 0.3])])
    with pytest.raises(OptionError, match="weights keep"):
        make_study(model=model, arms=[]).run(executor=executor)
    result = make_study(model=model, arms=[], weights="keep", learning_rate=1e-12, epochs=1).run(executor=executor)
    run = StudyStore.open(result.folder).run_folder(result.best.run)
    np.testing.assert_allclose(run.weights()["dense/0.kernel"], 0.01, atol=1e-6)
    fresh = make_study(model=model, arms=[], weights="fresh", epochs=1, out=result.folder.parent / "f")
    found = fresh.run(executor=executor)
    kernel = StudyStore.open(found.folder).run_folder(found.best.run).weights()["dense/0.kernel"]
    assert np.std(kernel) > 0.05


def test_frozen_layers_must_be_spoken_of(make_study):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])
    model.layers[0].trainable = False
    with pytest.raises(OptionError, match="has frozen layers"):
        plan_trial(make_study(model=model, arms=[]))
    assert plan_trial(make_study(model=model, arms=[], weights="fresh")).weights is None


def test_binary_models_are_trained_and_handed_over(executor, make_study):
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    images = (rng.integers(0, 100, (100, 6, 6, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    for activation in ("sigmoid", None):
        model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1, activation=activation)])
        study = make_study(
            rg.Dataset.from_arrays(images, labels), model=model, arms=[], epochs=10, learning_rate=0.05,
            out=make_study().out.parent / str(activation),
        )  # fmt: skip
        result = study.run(executor=executor)
        assert result.best.accuracy > 0.9


def test_a_model_that_scales_images_itself_gets_them_raw(make_study, executor):
    model = keras.Sequential(
        [layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3)]
    )  # not built: it takes the size of the images
    trial = plan_trial(make_study(model=model, arms=[]))
    assert trial.baseline.scaling.kind == "none"
    assert any("scales them itself" in note for note in trial.notes)
    augmented = keras.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3)])
    result = make_study(model=augmented, arms=[]).run(executor=executor)
    assert result.best.accuracy == pytest.approx(result.best.accuracy_in_training, abs=0.003)


def test_standard_scaling_is_of_the_training_part(make_study, data):
    trial = plan_trial(make_study())
    pixels = data.train.images[trial.split.training].astype(float)
    assert trial.baseline.scaling.mean == pytest.approx((pixels.mean(),))
    assert trial.baseline.scaling.std == pytest.approx((pixels.std(),))
    assert plan_trial(make_study(scale="unit")).baseline.scaling.std == (255.0,)
    assert plan_trial(make_study(scale="none")).baseline.scaling.std == (1.0,)


def test_a_layer_unknown_to_the_engine_is_trained_and_exported(make_study, executor):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2DTranspose(8, 3), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    result = make_study(model=model, arms=["dropout=0.2,where=head"], epochs=6).run(executor=executor)
    assert result.best.accuracy > 0.4


def test_a_bfloat16_study_says_so_and_hands_over_a_float32_model(make_study, executor):
    result = make_study(precision="bfloat16", arms=[], epochs=8).run(executor=executor)
    assert ("precision", "bfloat16") in result.details.setup
    assert result.best.accuracy == pytest.approx(result.best.accuracy_in_training, abs=0.003)
    with pytest.raises(OptionError, match="was begun in bfloat16"):
        make_study(precision="float32", arms=[], epochs=8).run(executor=executor)


def test_a_bfloat16_study_goes_on_elsewhere_only_when_repeated(make_study, executor, monkeypatch):
    make_study(precision="bfloat16", arms=[], epochs=1).run(executor=executor)
    monkeypatch.setattr("regimen.engine.precision.native_bfloat16", lambda device: False)
    with pytest.raises(OptionError, match="does not multiply natively"):
        make_study(precision="auto", arms=[], epochs=1).run(executor=executor)
    make_study(precision="bfloat16", arms=[], epochs=1).run(executor=executor)
    monkeypatch.setattr("regimen.engine.precision.native_bfloat16", lambda device: True)
    make_study(precision="auto", arms=[], epochs=1).run(executor=executor)


def test_a_study_stays_on_the_device_on_which_it_was_begun(make_study, executor, monkeypatch):
    make_study(arms=[], epochs=1).run(executor=executor)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    with pytest.raises(OptionError, match="was begun on cpu; --device cuda needs a study of its own"):
        make_study(device="cuda", arms=[], epochs=1).run(executor=executor)
    assert device_of({"device": "cuda"}, "auto") == "cuda"
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(OptionError, match="The device cuda needs a GPU"):
        device_of({"device": "cuda"}, "auto")
    make_study(arms=[], epochs=1).run(executor=executor)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"epochs": 0}, OptionError, "epochs must be a whole number, at least 1; received 0"),
        ({"batch_size": 2.5}, OptionError, "batch_size must be a whole number"),
        ({"seeds": 0}, OptionError, "seeds must be a whole number"),
        ({"seeds": [1, 1]}, OptionError, "different from each other"),
        ({"seeds": []}, OptionError, "at least one"),
        ({"learning_rate": -1.0}, OptionError, "learning_rate must be a number above 0"),
        ({"learning_rate": float("nan")}, OptionError, "learning_rate must be a number above 0"),
        ({"optimizer": "adm"}, OptionError, "Did you mean 'adam'"),
        ({"momentum": 0.9}, OptionError, "momentum belongs to rmsprop and sgd"),
        ({"margin": 0}, OptionError, "margin must be a fraction"),
        ({"device": "gpu"}, OptionError, "There is no device 'gpu'"),
        ({"precision": "float16"}, OptionError, "There is no precision 'float16'"),
        ({"workers": 0}, OptionError, "workers must be"),
        ({"scale": "unt"}, OptionError, "Did you mean 'unit'"),
        ({"weights": "old"}, OptionError, "weights must be fresh or keep"),
        ({"validation": 1.5}, OptionError, "validation"),
        ({"train_size": 1}, OptionError, "train_size"),
        ({"image_size": 99}, DataError, "99"),
        ({"model": "cifr_cnn"}, ModelError, "Did you mean 'cifar_cnn'"),
        ({"arms": {"baseline": rg.Flip()}}, OptionError, "'baseline' has no remedy"),
        ({"arms": {"x": 3}}, OptionError, "must be a remedy or its text"),
        ({"arms": ["flip", "flip"]}, OptionError, "two arms called 'flip'"),
        ({"arms": ["dropout=0.2,where=nowhere"]}, RemedyError, "Arm 'dropout=0.2,where=nowhere'"),
        ({"arms": ["dropuot"]}, RemedyError, "Did you mean 'dropout'"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(settings, error, message, make_study, executor, tmp_path):
    with pytest.raises(error, match=message):
        make_study(**settings).run(executor=executor)
    assert not (tmp_path / "study").exists()


def test_a_model_for_other_classes_is_refused(make_study, executor):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    with pytest.raises(ModelError, match="expected 3 units"):
        make_study(model=model).run(executor=executor)


def test_a_model_for_other_images_is_refused(make_study, executor):
    model = keras.Sequential([keras.Input((9, 9, 1)), layers.Flatten(), layers.Dense(3)])
    with pytest.raises(DataError, match="9"):
        make_study(model=model).run(executor=executor)


def test_a_study_without_results_says_so(make_study, tmp_path):
    StudyStore.create(tmp_path / "s", "x").close()
    with pytest.raises(StoreError, match="stopped before it began"):
        rg.load_result(tmp_path / "s")


def test_epochs_in_the_database_are_those_of_the_runs(make_study, executor):
    result = make_study().run(executor=executor)
    rows = sqlite3.connect(result.folder / "study.sqlite").execute("SELECT count(*) FROM epochs").fetchone()
    assert rows == (16,)


def test_kept_weights_and_inserted_layers_with_weights_go_together(make_study, executor):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])
    result = make_study(model=model, weights="keep", arms=["batchnorm", "dropout=0.2,where=head"]).run(
        executor=executor
    )
    assert result.failed == ()


def test_statistics_that_a_normalization_was_adapted_to_are_kept(make_study, executor, data):
    normalization = layers.Normalization()
    normalization.adapt(data.train.images.astype("float32"))
    model = keras.Sequential([keras.Input((8, 8, 1)), normalization, layers.Flatten(), layers.Dense(3)])
    for weights in ("fresh", "keep"):
        study = make_study(model=model, arms=[], weights=weights, epochs=8, out=make_study().out.parent / weights)
        result = study.run(executor=executor)
        assert result.best.accuracy == pytest.approx(result.best.accuracy_in_training, abs=0.003)
        config = plan_trial(study).baseline.graph.layer("normalization").config
        assert np.ravel(config["mean"]) == pytest.approx(data.train.images.mean(), rel=1e-4)
        assert result.to_frame().loss.max() < 5  # on pixels 0–255 it would begin far above


@pytest.mark.parametrize("ending", ["softmax then linear", "operation"])
def test_unusual_endings_are_trained_and_exported_for_what_they_are(ending, make_study, executor):
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 2
    images = (rng.integers(0, 100, (100, 6, 6, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    image = keras.Input((6, 6, 1))
    x = layers.Flatten()(image)
    if ending == "operation":
        model = keras.Model(image, keras.ops.sigmoid(layers.Dense(1)(x)))
    else:
        model = keras.Model(image, layers.Activation("linear")(layers.Dense(2, activation="softmax")(x)))
    study = make_study(rg.Dataset.from_arrays(images, labels), model=model, arms=[], epochs=15, learning_rate=0.05)
    result = study.run(executor=executor)
    assert result.best.accuracy > 0.9
    assert result.to_frame().clean_loss.min() < 0.3  # cross-entropy of probabilities of probabilities stays above


def test_a_model_that_cannot_be_handed_over_costs_no_verdict(make_study, executor, monkeypatch):
    monkeypatch.setattr("regimen.study.best._accuracy", lambda *_: 0.0)
    events = []
    result = make_study().run(events.append, executor=executor)
    assert result.best is None
    assert not (result.folder / "best.keras").exists()
    assert len(result.verdicts) == 2
    assert any(event["event"] == "note" and "was not kept" in event["text"] for event in events)


def test_numpys_numbers_are_taken(make_study, executor):
    settings = {"epochs": np.int64(1), "seeds": list(np.arange(1)), "learning_rate": np.float32(0.001)}
    assert make_study(arms=[], **settings).run(executor=executor).failed == ()


def test_runs_survive_a_lost_database(make_study, executor):
    first = make_study().run(executor=executor)
    for file in first.folder.glob("study.sqlite*"):
        file.unlink()
    events = []
    again = make_study().run(events.append, executor=executor)
    assert again.verdicts.equals(first.verdicts)
    assert not any(event["event"] == "epoch" for event in events)  # taken from their folders


def test_runs_that_an_executor_loses_are_failed_runs(make_study, executor):
    class Forgetful:
        def run(self, jobs):
            yield from executor.run(jobs[1:])

    result = make_study().run(executor=Forgetful())
    assert result.failed == ("baseline, seed 0: The executor ended without it.",)


def test_a_renamed_arm_is_named_anew(make_study, executor):
    first = make_study(arms={"old": rg.Shift(0.125)}).run(executor=executor)
    second = make_study(arms={"new": rg.Shift(0.125)}).run(executor=executor)
    assert second.best.arm == first.best.arm.replace("old", "new")


def test_data_may_be_a_tuple_of_arrays_and_arms_a_list_of_remedies(make_study, executor, data):
    source = (data.train.images, data.train.labels)
    result = make_study(source, arms=[rg.Flip(), "shift"], seeds=1, epochs=1).run(executor=executor)
    assert list(result.verdicts.index) == ["baseline", "flip=0.5", "shift"]
    assert rg.load_result(str(result.folder)).verdicts.equals(result.verdicts)
    with pytest.raises(DataError, match=r"received dict\. Make a dataset"):
        make_study({"x": 1}).run(executor=executor)
    with pytest.raises(StoreError, match="cannot be written"):
        result.report(result.folder / "nowhere" / "report.html")
