"""A study that is written and read again is the same study."""

import os
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from PIL import Image

import regimen as rg
from regimen.errors import DataError, ModelError, OptionError, RegimenError, StoreError
from regimen.study.file import NOT_IN_FILES
from regimen.study.planning import plan_trial, read_arms

SETTINGS = {
    "epochs": st.integers(1, 10**6),
    "batch_size": st.integers(1, 10**6),
    "shuffle": st.sampled_from(["each-epoch", "once"]),
    "optimizer": st.sampled_from(["adam", "adamw", "rmsprop", "sgd"]),
    "learning_rate": st.floats(0, 1e30, exclude_min=True),
    "momentum": st.floats(0, 1, exclude_max=True),
    "nesterov": st.booleans(),
    "weight_decay": st.floats(0, 1),
    "class_weight": st.sampled_from(["balanced", "2=0.5,3=2", {"a b=": 0.5, "é": 2.0}, {"0": 1e-5}]),
    "seeds": st.one_of(st.integers(1, 50), st.lists(st.integers(0, 2**40), min_size=1, max_size=3, unique=True)),
    "until_decided": st.booleans(),
    "validation": st.one_of(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(1, 10**6)),
    "split_seed": st.integers(0, 2**32 - 1),
    "stratify": st.booleans(),
    "train_size": st.integers(2, 10**6),
    "image_size": st.one_of(st.integers(1, 4096), st.tuples(st.integers(1, 4096), st.integers(1, 4096))),
    "scale": st.sampled_from(["standard", "unit", "none"]),
    "scale_from": st.sampled_from(["training", "all"]),
    "weights": st.sampled_from(["fresh", "keep"]),
    "precision": st.sampled_from(["auto", "float32", "bfloat16"]),
    "device": st.sampled_from(["auto", "cpu", "cuda"]),
    "margin": st.integers(1, 10**6 - 1).map(lambda millionths: millionths / 10**6),
    "name": st.text(st.characters(exclude_categories=["Cs"])),
}
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name.strip() and name != "baseline"
)
ARMS = st.one_of(
    st.dictionaries(
        NAMES, st.sampled_from([rg.L2(1e-5), rg.Dropout(0.123456789) + rg.Flip(), "dropout=0.2,where=head"])
    ),
    st.lists(st.sampled_from(["l2=0.1|0.2", "a b: flip + shift", rg.Dropout(0.3)]), unique_by=str),
)


def assert_same(again, study):
    """Every field is what it was; numbers of seeds may be said that were left to the default."""
    for item in fields(study):
        if item.name in NOT_IN_FILES:
            continue
        found, wanted = getattr(again, item.name), getattr(study, item.name)
        if item.name == "arms" and wanted is not None:
            found, wanted = read_arms(found), read_arms(wanted)
        elif item.name == "seeds":
            found, wanted = again.looks, study.looks
        assert (list(found) if isinstance(wanted, tuple) else found) == (
            list(wanted) if isinstance(wanted, tuple) else wanted
        ), item.name


def assert_same_runs(again, study):
    """The same identity, and the same keys of runs."""
    trial, other = plan_trial(again), plan_trial(study)
    assert trial.identity() == other.identity()
    assert [arm.name for arm in trial.arms] == [arm.name for arm in other.arms]
    for arm, same in zip(trial.arms, other.arms, strict=True):
        assert trial.key(arm, 3) == other.key(same, 3)
    assert again.looks == study.looks
    assert trial.dataset.class_names == other.dataset.class_names


def keys_of(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_every_field_of_a_study_is_tried():
    assert {"data", "model", "arms", *SETTINGS, *NOT_IN_FILES} == {item.name for item in fields(rg.Study)}


@given(st.fixed_dictionaries({}, optional=SETTINGS), st.none() | ARMS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path, given, arms):
    if given.get("until_decided"):
        given.pop("seeds", None)
    if given.keys() & {"momentum", "nesterov"}:  # the one that has both
        given["optimizer"] = "sgd"
    study = rg.Study("digits", "digits_cnn", arms, **given)
    path = tmp_path / "mine.toml"
    path.unlink(missing_ok=True)
    study.write(path)
    assert_same(rg.Study.read(path), study)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_written_exactly_if_it_differs_from_its_default(name, tmp_path):
    value = {"until_decided": True, "stratify": False, "nesterov": True, "shuffle": "once", "scale_from": "all"}
    value |= {
        "optimizer": "sgd",
        "seeds": [2, 5],
        "image_size": (8, 9),
        "name": "é",
        "scale": "unit",
        "weights": "keep",
    }
    value |= {"precision": "float32", "device": "cpu", "class_weight": {"3": 2.0}}
    value = value.get(
        name, 0.25 if name in ("learning_rate", "momentum", "weight_decay", "validation", "margin") else 7
    )
    needed = {"optimizer": "sgd"} if name in ("momentum", "nesterov") else {}
    written = keys_of(rg.Study("digits", **{name: value}, **needed).write(tmp_path / "mine.toml"))
    always = {"data"} if name == "until_decided" else {"data", "seeds"}
    assert written.keys() == {name.replace("_", "-"), *needed, *always}
    plain = rg.Study("digits", "digits_cnn", [], seeds=3).write(tmp_path / "plain.toml")
    assert keys_of(plain) == {"data": "digits", "model": "digits_cnn", "arms": {}, "seeds": 3}


def test_the_file_is_good_to_read(tmp_path):
    arms = {"strong": rg.Dropout(0.5), "both": rg.L2(1e-4) + rg.Flip(), "dropout=0.2": rg.Dropout(0.2)}
    study = rg.Study("digits", "digits_cnn", arms, learning_rate=1e-4, margin=0.007, seeds=[0, 3], image_size=(8, 8))
    assert study.write(tmp_path / "mine.toml").read_text() == (
        "# digits: strong, both, dropout=0.2 against the baseline\n"
        'data = "digits"\n'
        'model = "digits_cnn"\n'
        "learning-rate = 0.0001\n"
        "seeds = [0, 3]\n"
        "image-size = [8, 8]\n"
        "margin = 0.7\n"
        "\n"
        "[arms]\n"
        'strong = "dropout=0.5"\n'
        'both = "l2=0.0001 + flip=0.5"\n'
        '"dropout=0.2" = "dropout=0.2"\n'
    )
    odd = rg.Study("digits", name="a\nb\x00").write(tmp_path / "odd.toml")
    assert odd.read_text().startswith("# a b : the default arms against the baseline\n")
    assert rg.Study.read(odd).name == "a\nb\x00"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"arms": ["dropout=0.1|0.3", "x: l2 + flip"], "epochs": 2, "learning_rate": 3e-4, "seeds": [1, 4]},
        {"arms": [], "optimizer": "sgd", "momentum": 0.9, "nesterov": True, "scale": "unit", "train_size": 60},
        {
            "arms": {"a: b": rg.EarlyStopping(3)},
            "validation": 30,
            "split_seed": 9,
            "stratify": False,
            "shuffle": "once",
        },
        {"model": "small_cnn", "scale_from": "all", "batch_size": 5, "until_decided": True, "weights": "fresh"},
    ],
)
def test_a_written_study_has_the_same_runs(given, data, tmp_path):
    study = rg.Study(data, **{"arms": ["flip"], **given})
    assert_same_runs(rg.Study.read(study.write(tmp_path / "mine.toml")), study)


@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        (keras.optimizers.Adam(1e-4), {"optimizer": "adam", "learning-rate": 1e-4, "weight-decay": 0.0}),
        (keras.optimizers.AdamW(), {"optimizer": "adam", "learning-rate": 1e-3, "weight-decay": 0.004}),
        (keras.optimizers.RMSprop(momentum=0.5), {"optimizer": "rmsprop", "learning-rate": 1e-3, "momentum": 0.5}),
        (keras.optimizers.SGD(0.1, 0.9, True), {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}),
    ],
)
def test_keras_optimizers_are_said_in_words_where_these_say_all(optimizer, words, data, tmp_path):
    study = rg.Study(data, arms=["flip"], optimizer=optimizer)
    path = study.write(tmp_path / "mine.toml")
    assert words.items() <= keys_of(path).items()
    assert_same_runs(rg.Study.read(path), study)


def test_class_weights_by_position_are_written(data, tmp_path):
    study = rg.Study(data, arms=["flip"], class_weight={0: 2, np.int64(2): np.float32(0.5)})
    path = study.write(tmp_path / "mine.toml")
    assert keys_of(path)["class-weight"] == {"0": 2.0, "2": 0.5}
    assert_same_runs(rg.Study.read(path), study)


# Paths


def save_photos(folder):
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")


def test_a_moved_project_works(tmp_path, monkeypatch):
    project = tmp_path / "mein Projekt é"
    save_photos(project / "data" / "my photos")
    (project / "nets.py").write_text(
        "import keras\n\ndef build(classes):\n    layers = [keras.layers.Flatten(), keras.layers.Dense(classes)]\n"
        "    return keras.Sequential(layers)\n"
    )
    (project / "files").mkdir()
    monkeypatch.chdir(project / "data")
    study = rg.Study("my photos", "../nets.py:build", ["flip"], image_size=8)
    path = study.write("../files/a study.toml")
    assert keys_of(path)["data"] == "../data/my photos"
    assert keys_of(path)["model"] == "../nets.py:build"
    trial = plan_trial(study)
    monkeypatch.chdir(tmp_path)
    project.rename(tmp_path / "elsewhere")
    again = rg.Study.read("elsewhere/files/a study.toml")
    assert plan_trial(again).key(trial.arms[1], 0) == trial.key(trial.arms[1], 0)
    assert keys_of(again.write("copy.toml"))["data"] == "elsewhere/data/my photos"


def test_paths_through_links_are_found_again(tmp_path):
    save_photos(tmp_path / "real" / "photos")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    os.symlink(tmp_path / "deep" / "er", tmp_path / "real" / "files")
    path = rg.Study(tmp_path / "real" / "photos").write(tmp_path / "real" / "files" / "mine.toml")
    assert rg.Study.read(path).data.is_dir()
    assert rg.Study.read(tmp_path / "deep" / "er" / "mine.toml").data.is_dir()
    save_photos(tmp_path / "deep" / "others")  # a folder above the link's target, not above the link
    path = rg.Study(tmp_path / "real" / "files" / ".." / "others").write(tmp_path / "mine.toml")
    assert keys_of(path)["data"] == "deep/others"


def test_a_folder_called_like_a_dataset_stays_a_folder(tmp_path, monkeypatch):
    save_photos(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    for place in (Path("digits"), "./digits", rg.load("./digits")):
        path = rg.Study(place).write("mine.toml")
        assert keys_of(path)["data"] == "./digits"
        assert rg.Study.read(path).data == Path("digits")
        path.unlink()
    assert keys_of(rg.Study("digits").write("name.toml"))["data"] == "digits"


def test_a_path_on_another_drive_stays_as_it_is(tmp_path, monkeypatch):
    def other_drive(*_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    save_photos(tmp_path / "photos")
    monkeypatch.setattr(os.path, "relpath", other_drive)
    path = rg.Study(tmp_path / "photos").write(tmp_path / "mine.toml")
    assert keys_of(path)["data"] == (tmp_path / "photos").as_posix()


# Data as Python objects


@pytest.mark.parametrize("image_size", [None, 8])
def test_loaded_data_are_named(image_size, tmp_path, monkeypatch):
    save_photos(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    study = rg.Study(rg.load("photos", image_size=image_size), arms=["flip"])
    path = study.write("mine.toml")
    assert keys_of(path)["data"] == "photos"
    assert keys_of(path).get("image-size") == (image_size and [image_size, image_size])
    assert not Path("mine.npz").exists()
    assert_same_runs(rg.Study.read(path), study)


def test_a_model_decides_the_size_of_loaded_data(tmp_path, monkeypatch):
    save_photos(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    model = keras.Sequential([keras.Input((6, 5, 3)), layers.Flatten(), layers.Dense(2)])
    study = rg.Study(rg.load("photos", image_size=8), model, ["flip"])
    assert_same_runs(rg.Study.read(study.write("mine.toml")), study)


def test_a_named_dataset_as_an_object_is_named(tmp_path):
    assert keys_of(rg.Study(rg.load("digits")).write(tmp_path / "mine.toml"))["data"] == "digits"


def test_data_that_a_file_cannot_name_are_saved(tmp_path):
    save_photos(tmp_path / "photos")
    study = rg.Study(rg.load(tmp_path / "photos", channels=1), arms=["flip"], image_size=7)
    path = study.write(tmp_path / "mine.toml")
    assert keys_of(path)["data"] == "mine.npz"
    assert keys_of(path)["name"] == "photos"
    assert_same_runs(rg.Study.read(path), study)


def test_arrays_are_saved_with_classes_and_validation_part(data, tmp_path):
    given = replace(data, given_validation=np.arange(0, 120, 5))
    study = rg.Study(given, arms=["flip"])
    path = study.write(tmp_path / "my study.toml")
    assert keys_of(path)["data"] == "my study.npz"
    again = rg.load(tmp_path / "my study.npz")
    assert again.fingerprint == data.fingerprint
    assert again.class_names == data.class_names
    assert again.given_validation.tolist() == given.given_validation.tolist()
    assert_same_runs(rg.Study.read(path), study)


def test_a_tuple_of_arrays_is_saved(data, tmp_path):
    study = rg.Study((data.train.images[..., 0] / 255, data.train.labels.astype(str)), arms=["flip"])
    assert_same_runs(rg.Study.read(study.write(tmp_path / "mine.toml")), study)


# Models as Python objects


def nested():
    block = keras.Sequential([layers.Conv2D(4, 3, padding="same", activation="relu"), layers.BatchNormalization()])
    shared = layers.Dense(3, name="shared")
    image = keras.Input((8, 8, 1))
    x = layers.Flatten()(keras.Model(image, block(image))(image * 2))
    return keras.Model(image, layers.Softmax()(shared(x) + shared(x)))


def frozen():
    model = keras.Sequential([layers.Rescaling(1 / 255), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])
    model.layers[1].trainable = False
    return model  # not built: it takes the size of the images


def adapted():
    normalization = layers.Normalization()
    normalization.adapt(np.random.default_rng(0).random((20, 8, 8, 1)))
    return keras.Sequential([keras.Input((8, 8, 1)), normalization, layers.Flatten(), layers.Dense(3)])


def compiled():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.GlobalMaxPooling2D(), layers.Dense(3)])
    model.compile("sgd", lambda true, predicted: keras.ops.sum(predicted - true))
    return model


def trained():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)])
    model.set_weights([np.full((64, 3), 0.01), np.array([0.1, 0.2, 0.3])])
    return model


def of_shape(input_shape, classes):
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(classes)])


@pytest.mark.parametrize(
    ("make", "weights"),
    [
        (nested, None),
        (frozen, "fresh"),
        (adapted, None),
        (adapted, "keep"),
        (compiled, None),
        (trained, "keep"),
        (trained, "fresh"),
    ],
)
def test_models_are_saved(make, weights, data, tmp_path):
    study = rg.Study(data, make(), ["dropout=0.2,where=head"], weights=weights)
    path = study.write(tmp_path / "mine.toml")
    assert (keys_of(path)["model"], keys_of(path)["weights"]) == ("mine.keras", weights or "fresh")
    assert_same_runs(rg.Study.read(path), study)


@pytest.mark.parametrize("function", [of_shape, nested])
def test_what_functions_build_is_saved(function, data, tmp_path):
    study = rg.Study(data, function, ["dropout=0.2,where=head"])
    path = study.write(tmp_path / "mine.toml")
    assert keys_of(path)["model"] == "mine.keras"
    assert_same_runs(rg.Study.read(path), study)


class Double(layers.Layer):
    def call(self, x):
        return x * 2


def square(x):
    return x * x


@pytest.mark.parametrize(("layer", "name"), [(Double(), "Double"), (layers.Activation(square), "square")])
def test_models_with_code_of_the_users_own_are_refused(layer, name, data, tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 1)), layer, layers.Flatten(), layers.Dense(3)])
    with pytest.raises(OptionError, match=rf"the model holds {name}, of your own.*model = \"module.py:function\""):
        rg.Study(data, model, []).write(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_keras_does_not_save_is_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.Sequential, "save", lambda *_: 1 / 0)
    with pytest.raises(ModelError, match=r"cannot be saved by Keras: ZeroDivisionError.*module.py:function"):
        rg.Study(data, trained(), [], weights="keep").write(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_reads_back_as_another_is_refused(data, tmp_path, monkeypatch):
    other = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(5), layers.Dense(3)])
    monkeypatch.setattr("regimen.study.writing.find_model", lambda file: other)
    with pytest.raises(ModelError, match="does not read the same model"):
        rg.Study(data, of_shape, []).write(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


# What cannot be written


def test_nothing_is_overwritten(data, tmp_path):
    for taken, study in (
        ("mine.toml", rg.Study("digits")),
        ("mine.npz", rg.Study(data)),
        ("mine.keras", rg.Study(data, of_shape)),
    ):
        (tmp_path / taken).write_text("precious")
        with pytest.raises(StoreError, match=rf"{taken}' exists already and is not overwritten"):
            study.write(tmp_path / "mine.toml")
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {taken: "precious"}
        (tmp_path / taken).unlink()


def test_what_was_saved_beside_goes_when_the_file_fails(data, tmp_path, monkeypatch):
    monkeypatch.setattr("regimen.study.writing.tomli_w.dumps", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rg.Study(data, of_shape).write(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"mine\.toml' cannot be written: No such file or directory"):
        rg.Study("digits").write(tmp_path / "nowhere" / "mine.toml")
    with pytest.raises(OptionError, match=r"ends in \.toml; received"):
        rg.Study("digits").write(tmp_path / "mine")


def test_a_value_without_words_is_refused_by_name(data, tmp_path):
    clipping, falling = keras.optimizers.Adam(clipnorm=1.0), keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)
    with pytest.raises(OptionError, match="optimizer is given in Python, as Adam; say it as a text or a number"):
        rg.Study("digits", optimizer=clipping).write(tmp_path / "mine.toml")
    with pytest.raises(OptionError, match="learning-rate is given in Python, as ExponentialDecay"):
        rg.Study("digits", learning_rate=falling).write(tmp_path / "mine.toml")
    with pytest.raises(OptionError, match="optimizer is given in Python, as SGD"):
        rg.Study("digits", optimizer=keras.optimizers.SGD(falling)).write(tmp_path / "mine.toml")

    with pytest.raises(OptionError, match=r"name is '\\udce9', which holds what is no letter"):
        rg.Study("digits", name="\udce9").write(tmp_path / "mine.toml")

    class Mine(rg.Flip):
        pass

    with pytest.raises(OptionError, match=r"the remedy of the arm 'mine', .* is none that regimen knows by name"):
        rg.Study("digits", arms={"mine": Mine()}).write(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("study", "error", "message"),
    [
        (("photos",), DataError, "no file or folder 'photos'"),
        (("digits", "digits_cn"), ModelError, "Did you mean 'digits_cnn'"),
        (("digits", "net.keras"), ModelError, "no model file 'net.keras'"),
        (("digits", "net.py:f"), ModelError, "no file 'net.py'"),
        (("digits", None, ["dropuot"]), RegimenError, "Did you mean 'dropout'"),
        ((3,), DataError, "The data must be"),
    ],
)
def test_what_is_not_there_is_not_written(study, error, message, tmp_path):
    with pytest.raises(error, match=message):
        rg.Study(*study).write(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


# The file in a study's own directory


@pytest.fixture
def make_small(data, tmp_path):
    def make(source, model=of_shape, **given):
        defaults = {"arms": ["flip"], "epochs": 1, "seeds": 1, "out": tmp_path / "studies" / "mine"}
        return rg.Study(source, model, **{**defaults, **given})

    return make


def test_a_study_goes_on_from_its_own_file(make_small, data, executor, tmp_path, monkeypatch):
    save_photos(tmp_path / "photos")
    study = make_small(tmp_path / "photos", image_size=8, weights="fresh")
    first = study.run(executor=executor)
    path = first.folder / "study.toml"
    assert path.read_text().startswith("# photos: flip against the baseline\n# As it was last asked for.")
    said = {"data": "../../photos", "model": "study.keras", "weights": "fresh", "image-size": 8, "epochs": 1}
    assert keys_of(path) == {**said, "seeds": 1, "arms": {"flip": "flip=0.5"}}
    monkeypatch.chdir(tmp_path)
    events = []
    again = rg.Study.read("studies/mine/study.toml", arms=["flip", "shift"], seeds=2)
    second = again.run(events.append, executor=executor)
    assert second.folder.resolve() == first.folder.resolve()
    assert sum(event["event"] == "finished" and event["restored"] for event in events) == 2
    assert keys_of(path) == {**said, "seeds": 2, "arms": {"flip": "flip=0.5", "shift": "shift=0.125"}}
    study.run(executor=executor)
    assert keys_of(path)["seeds"] == 1
    assert not list(first.folder.glob(".*-study*"))

    path.write_text(path.read_text().replace("epochs = 1", "epochs = 2"))
    with pytest.raises(StoreError, match="holds another study"):
        rg.Study.read(path).run(executor=executor)
    assert "epochs = 2" in path.read_text()

    for file in first.folder.glob("study.sqlite*"):  # lost: the files beside are no strangers
        file.unlink()
    assert study.run(executor=executor).folder == first.folder


def test_arrays_are_not_copied_but_said(make_small, data, executor, tmp_path):
    folder = make_small(data).run(executor=executor).folder
    path = folder / "study.toml"
    assert not (folder / "study.npz").exists()
    assert f"of fingerprint {data.fingerprint}" in path.read_text().replace("\n# ", " ")
    with pytest.raises(OptionError, match="names no data: add a line such as"):
        rg.Study.read(path)
    rg.Study(data).write(tmp_path / "saved.toml")
    path.write_text(f'data = "../../saved.npz"\n{path.read_text()}')
    events = []
    rg.Study.read(path).run(events.append, executor=executor)
    assert all(event["restored"] for event in events if event["event"] == "finished")
    assert keys_of(path)["data"] == "../../saved.npz"
    assert keys_of(path)["name"] == "arrays"
    other = rg.Dataset.from_arrays(data.train.images[::-1], data.train.labels)
    with pytest.raises(StoreError, match="holds another study"):
        rg.Study.read(path, data=other).run(executor=executor)


def test_what_a_file_cannot_hold_is_a_comment_and_costs_no_study(make_small, data, executor, monkeypatch):
    model = keras.Sequential([keras.Input((8, 8, 1)), Double(), layers.Flatten(), layers.Dense(3)])
    study = make_small(data, model)
    path = study.run(executor=executor).folder / "study.toml"
    assert "# model: the model holds Double, of your own" in path.read_text()
    assert keys_of(path).keys() == {"epochs", "seeds", "name", "arms"}
    again = rg.Study.read(path, data=data, model=model)
    assert_same_runs(again, study)

    def fail(*_):
        raise ValueError("\x1b[1mThis\x1b[0m\nis why")

    monkeypatch.setattr(keras.Sequential, "save", fail)
    path = make_small(data, out=path.parents[1] / "other").run(executor=executor).folder / "study.toml"
    assert "# model: the model cannot be saved by Keras: ValueError:  [1mThis [0m is why" in path.read_text()
    assert keys_of(path)["epochs"] == 1
    assert max(map(len, path.read_text().splitlines())) <= 100
