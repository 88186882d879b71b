"""Reading study files and presets; what is written is in test_writing.py."""

import tomllib
from importlib import resources

import pytest

import regimen as rg
from regimen.errors import DataError, ModelError, OptionError, RegimenError
from regimen.study.file import from_points, presets, to_points
from regimen.study.planning import plan_trial


@pytest.fixture
def file(tmp_path):
    def write(text, name="mine.toml", encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_settings_override_those_of_the_file(file):
    path = file('data = "digits"\nepochs = 3\nseeds = 2\nmargin = 0.7\n[arms]\n"p=0.3: a" = "dropout=0.3"\n')
    study = rg.Study.read(path)
    assert (study.data, study.epochs, study.looks, study.margin) == ("digits", 3, ((0, 1),), 0.007)
    assert study.arms == {"p=0.3: a": "dropout=0.3"}
    assert rg.Study.read(str(path), epochs=5, arms=["flip"]).epochs == 5
    assert len(rg.Study.read(path, until_decided=True).looks) == 3
    assert rg.Study.read(path, until_decided=False).seeds == 2
    assert rg.Study.read(file('data = "digits"\nuntil-decided = true'), seeds=[4]).looks == ((4,),)


def test_arms_of_any_name_are_read(file):
    study = rg.Study.read(file('data = "digits"\n[arms]\n"p=0.3: a" = "dropout=0.3"\nd = "l2=0.1|0.2"\n'))
    assert [arm.name for arm in plan_trial(study).arms] == ["baseline", "p=0.3: a", "d 0.1", "d 0.2"]


def test_a_preset_is_read_by_name():
    study = rg.Study.read("cifar10-tutorial", data="digits", epochs=1)
    assert (study.name, study.data, study.epochs, study.split_seed) == ("cifar10-tutorial", "digits", 1, 777)
    with pytest.raises(OptionError, match=r"no preset 'cifar-tutorial'. Did you mean 'cifar10-tutorial'"):
        rg.Study.read("cifar-tutorial")


def test_every_preset_is_a_study_with_a_description():
    assert set(presets()) == {"cifar10-tutorial", "digits-demo", "fashion-tutorial"}
    for name, description in presets().items():
        text = (resources.files("regimen") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
        assert text.startswith(f"# {description}\n")
        assert tomllib.loads(text).keys() >= {"data", "model", "arms", "seeds"}
        rg.Study.read(name)


def test_paths_are_seen_from_the_files_folder(file, tmp_path, monkeypatch):
    path = file('data = "../images"\nmodel = "nets/mine.py:build"', "sub/mine.toml")
    study = rg.Study.read(path)
    assert study.data == tmp_path / "sub" / ".." / "images"
    assert study.model == f"{tmp_path / 'sub' / 'nets' / 'mine.py'}:build"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    study = rg.Study.read(file('data = "~/images"\nmodel = "/absolute/net.keras"', "sub/mine.toml"))
    assert study.data == tmp_path / "images"
    assert study.model == "/absolute/net.keras"


def test_names_are_names_whatever_lies_beside_the_file(file, tmp_path, monkeypatch):
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits_cnn").mkdir()
    study = rg.Study.read(file('data = "digits"\nmodel = "digits_cnn"'))
    assert (study.data, study.model) == ("digits", "digits_cnn")
    monkeypatch.chdir(tmp_path)
    file('data = "./digits"')
    with pytest.raises(DataError, match="digits: no images found"):
        plan_trial(rg.Study.read("mine.toml"))


def test_what_is_not_there_is_named_with_its_path(file, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="sub/photos does not exist"):
        plan_trial(rg.Study.read(file('data = "photos"', "sub/mine.toml")))
    with pytest.raises(ModelError, match=r"There is no file '.*sub/net\.py'"):
        plan_trial(rg.Study.read(file('data = "digits"\nmodel = "net.py:f"', "sub/mine.toml")))
    file('data = "digitz"')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"no dataset of that name. Did you mean 'digits'"):
        plan_trial(rg.Study.read("mine.toml"))


def test_a_file_beside_a_study_goes_on_with_it(file, tmp_path):
    (tmp_path / "study.sqlite").touch()
    path = file('data = "digits"')
    assert rg.Study.read(path).out == tmp_path
    assert rg.Study.read(path, out="elsewhere").out == "elsewhere"
    assert rg.Study.read(file('data = "digits"', "sub/mine.toml")).out is None


def test_a_byte_order_mark_is_no_part_of_the_text(file):
    assert rg.Study.read(file('data = "digits"', encoding="utf-8-sig")).data == "digits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = 'many'", "epochs must be a whole number, at least 1; received 'many'"),
        ("epochs = 1979-05-27", "epochs must be a whole number"),
        ("learning-rate = nan", "learning_rate must be|learning rate must be"),
        ("seeds = [0, 0]", "different from each other"),
        ("seeds = ['a']", "each seed must be a whole number"),
        ("arms = 3", "arms must be remedies or their texts, by name or in a list; received 3"),
        ("arms = [3]", r"arms must be remedies or their texts, by name or in a list; received \[3\]"),
        ("[arms]\nx = 3", "The arm 'x' must be a remedy or its text; received int"),
        ("[arms]\n'' = 'flip'", "name of an arm must be a text, and not empty"),
        ("[arms]\nx = 'dropuot'", "Did you mean 'dropout'"),
        ("margin = 'x'", "margin must be accuracy points, above 0 and below 100; received 'x'"),
        ("margin = 100", "margin must be accuracy points"),
        ("margin = true", "margin must be accuracy points"),
        ("name = 3", "name must be a text; received 3"),
        ("optimizer = 'sgd'\nnesterov = 'no'", "nesterov must be True or False"),
        ("image-size = 'big'", "image_size is 'big'; expected one or two whole numbers"),
        ("image-size = [8, 8, 1]", "image_size is"),
        ("image-size = true", "image_size is True"),
        ("scale = 3", "There is no scaling 3"),
        ("precision = 3", "There is no precision 3"),
        ("shuffle = 3", "There is no shuffle 3"),
        ("weights = 3", "weights must be fresh or keep; received 3"),
        ("model = 3", "Expected a Keras model, a function that builds one, or a name; received int"),
        ("model = 'mine.py'", "names a file but no function in it"),
        ("validation = 'some'", "validation is 'some'"),
        ("train-size = 0.5", "train_size must be a whole number"),
        ("workers = 1", "has the unknown key 'workers'"),
        ("batch_size = 1", "unknown key 'batch_size'. Did you mean 'batch-size'"),
        ("epochs = [", "not valid TOML"),
    ],
)
def test_nonsense_is_one_clear_error(text, message, file):
    from regimen.study.conduct import prepare

    with pytest.raises(RegimenError, match=message):
        prepare(rg.Study.read(file(f'data = "digits"\n{text}')))


@pytest.mark.parametrize("value", ["3", "[1]", "true"])
def test_data_of_another_type_is_refused(value, file):
    with pytest.raises(DataError, match="The data must be"):
        plan_trial(rg.Study.read(file(f"data = {value}")))


def test_a_file_that_cannot_be_read_is_refused(file, tmp_path):
    with pytest.raises(OptionError, match="names no data: add a line such as"):
        rg.Study.read(file("epochs = 1"))
    assert rg.Study.read(file("epochs = 1"), data="digits").epochs == 1
    with pytest.raises(OptionError, match=r"cannot be read: .*No such file"):
        rg.Study.read(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(OptionError, match="cannot be read"):
        rg.Study.read(tmp_path / "folder.toml")
    with pytest.raises(OptionError, match="cannot be read: 'utf-8' codec"):
        rg.Study.read(file("name = 'é'", encoding="latin-1"))


@pytest.mark.parametrize("points", [0.5, 0.7, 1, 2.3, 30, 1e-5, 99.99])
def test_points_are_exact_in_decimals(points):
    assert to_points(from_points(points)) == points
    assert from_points(points) == pytest.approx(points / 100)
