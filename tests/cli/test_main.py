"""The command line as a person meets it: words, exit status, and never a traceback."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regimen.cli.main import cli, run


@pytest.fixture
def regimen(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty directory; status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["regimen", *map(str, arguments)])
        status = run([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def photos(tmp_path):
    """A folder of photos of different sizes, two classes, one file that is no image."""
    rng = np.random.default_rng(0)
    for name, base in (("cats", 60), ("dogs", 140)):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(20):
            height, width = rng.integers(16, 40, 2)
            pixels = rng.integers(base, base + 60, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.jpg")
    (tmp_path / "photos" / "cats" / "broken.jpg").write_text("not an image")
    return tmp_path / "photos"


def assert_refused(result, *words):
    status, out, err = result
    assert status == 2
    assert out == ""
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) <= 4
    for word in words:
        assert word in err, err


def test_a_folder_of_photos_from_start_to_report(regimen, photos, tmp_path):
    options = ["--arm", "dropout=0.2", "--arm", "flips: flip", "--seeds", 2, "--epochs", 3, "--image-size", 16]
    status, out, err = regimen("study", photos, *options, "--workers", 1, "--out", "result")
    assert status == 0, err
    for word in ("baseline", "dropout=0.2", "flips", "report.html", "best.keras"):
        assert word in out
    assert "broken.jpg" in err
    assert "6 of 6 runs" in err
    report = (tmp_path / "result" / "report.html").read_text()
    assert "regimen study" in report
    assert (tmp_path / "result" / "curves.png").read_bytes().startswith(b"\x89PNG")

    status, out, err = regimen("study", photos, *options, "--workers", 1, "--out", "result", "--json")
    assert status == 0
    assert [row["arm"] for row in json.loads(out)["arms"]] == ["baseline", "dropout=0.2", "flips"]
    assert "trained again" in err  # nothing was

    (tmp_path / "result" / "report.html").unlink()
    status, out, _ = regimen("report", "result")
    assert status == 0
    assert "baseline" in out
    assert (tmp_path / "result" / "report.html").exists()
    assert_refused(regimen("report", "result", "--out", "."), "is a directory")
    status, out, _ = regimen("report", "result", "--json", "--out", "elsewhere.html")
    assert status == 0
    assert json.loads(out)["best"]["arm"] in ("baseline", "dropout=0.2", "flips")
    assert json.loads(out)["report"] == "elsewhere.html"
    assert (tmp_path / "elsewhere.html").exists()


def test_a_users_model_with_a_layer_of_their_own(regimen, photos, tmp_path):
    (tmp_path / "random.py").write_text("raise ImportError('not the module of that name')\n")
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "class Double(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x * 2\n"
        "def build(classes):\n"
        "    print('I am told')\n"
        "    return keras.Sequential([keras.layers.Rescaling(1 / 255), Double(), keras.layers.Conv2D(4, 3),\n"
        "        keras.layers.MaxPooling2D(), keras.layers.Flatten(), keras.layers.Dense(classes)])\n"
    )
    status, out, err = regimen(
        *("study", photos, "--model", "mine.py:build", "--image-size", "16x12", "--arm", "dropout=0.2"),
        *("--seeds", 1, "--epochs", 1, "--workers", 1, "--out", "result"),
    )
    assert status == 0, err
    assert "1 seed" in out
    assert (tmp_path / "result" / "best.keras").exists()

    status, out, err = regimen(
        *("study", photos, "--model", "mine.py:build", "--image-size", "16x12", "--arm", "dropout=0.2"),
        *("--seeds", 1, "--epochs", 1, "--workers", 1, "--out", "result", "--json"),
    )
    assert status == 0, err
    assert json.loads(out)["arms"]
    assert "I am told" in err


def test_bad_input_is_one_clear_error_each(regimen, photos, tmp_path):
    assert_refused(regimen("study", "missing-folder"), "missing-folder")
    (tmp_path / "empty").mkdir()
    assert_refused(regimen("study", "empty"), "empty")
    (tmp_path / "one" / "cats").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "one" / "cats" / "a.png")
    assert_refused(regimen("study", "one"), "class")
    np.savez(tmp_path / "wrong.npz", pixels=np.zeros(3))
    assert_refused(regimen("study", "wrong.npz"), "pixels")
    assert_refused(regimen("study", "digits", "--arm", "dropuot=0.2"), "Did you mean 'dropout'?")
    assert_refused(regimen("study", "digits", "--arm", "dropout=1.5"), "below 1", "1.5")
    assert_refused(regimen("study", "digits", "--model", "fashion_cn"), "Did you mean 'fashion_cnn'?")
    (tmp_path / "ten.py").write_text(
        "import keras\ndef build():\n    return keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Flatten(),\n"
        "        keras.layers.Dense(10, activation='softmax')])\n"
    )
    assert_refused(regimen("study", photos, "--model", "ten.py:build"), "expected 2 units")
    (tmp_path / "file").touch()
    assert_refused(regimen("study", "digits", "--out", "file/study"), "cannot be written", "--out")
    assert_refused(regimen("study", "digits", "--seeds", "none"), "--seeds")
    assert_refused(regimen("study", "digits", "--seeds", 0), "seeds", "at least 1")
    assert_refused(regimen("study", "digits", "--image-size", "axb"), "HxW")
    assert_refused(regimen("study", "digits", "--validation", "some"), "fraction")
    assert_refused(regimen("study", "digits", "--class-weight", "cat=2"), "no class 'cat'")
    assert_refused(regimen("study", "digits", "--weight-decay", -1), "weight_decay", "at least 0")
    assert_refused(regimen("study", "--preset", "digits-dmo"), "Did you mean 'digits-demo'?")
    assert_refused(regimen("study", "nothing.toml"), "nothing.toml")
    assert_refused(regimen("report", "nowhere"), "no study")
    assert_refused(regimen("list", "things"), "things")
    assert_refused(regimen("study", "--epoch", 3), "--epoch")
    assert not (tmp_path / "studies").exists()


def test_a_class_without_a_readable_image_is_refused(regimen, photos):
    for file in (photos / "dogs").iterdir():
        file.write_text("not an image")
    assert_refused(regimen("study", photos), "dogs")


def test_failed_runs_end_with_status_3(regimen, photos, tmp_path):
    (tmp_path / "bad.py").write_text(
        "import keras, sys\n"
        "class Bad(keras.layers.Layer):\n"
        "    def call(self, x, training=False):\n"
        "        if training and 'regimen.executors.worker' in ' '.join(sys.orig_argv):\n"
        "            raise ArithmeticError('does not add up')\n"
        "        return x\n"
        "def build(classes):\n"  # its input decides the image size, though it takes arguments
        "    return keras.Sequential([keras.Input((16, 16, 3)), Bad(), keras.layers.Flatten(),\n"
        "        keras.layers.Dense(2)])\n"
    )
    options = ("--model", "bad.py:build", "--arm", "baseline", "--seeds", 1, "--epochs", 1, "--workers", 1)
    status, _, err = regimen("study", photos, *options, "--out", "bad")
    assert status == 3
    assert "does not add up" in err
    assert "Traceback" not in err


def test_study_files_hold_settings_and_flags_override_them(regimen, photos, tmp_path):
    (tmp_path / "files").mkdir()
    file = tmp_path / "files" / "mine.toml"
    file.write_text(
        'data = "../photos"\nmargin = 2\nimage-size = 16\nepochs = 50\nseeds = 1\nworkers = 1\n[arms]\nflips = "flip"\n'
    )
    assert_refused(regimen("study", file), "unknown key 'workers'")
    file.write_text(file.read_text().replace("workers = 1\n", ""))
    status, out, err = regimen("study", file, "--epochs", 1, "--workers", 1, "--out", "result", "--json")
    assert status == 0, err
    assert json.loads(out)["margin"] == 0.02  # points, as with --margin
    runs = json.loads(out)["runs"]
    assert [(run["arm"], len(run["history"]["loss"])) for run in runs] == [("baseline", 1), ("flips", 1)]
    written = file.read_text()
    assert_refused(regimen("study", file, "--until-decided", "--seeds", 3), "exclude each other")
    file.write_text(written.replace("seeds = 1", "seeds = 1\nuntil-decided = true"))
    assert_refused(regimen("study", file), "seeds and until-decided exclude each other")
    status, out, err = regimen("study", file, "--seeds", 1, "--epochs", 1, "--out", "result", "--json")
    assert status == 0, err
    assert len(json.loads(out)["runs"]) == 2
    file.write_text(written + "[arms2]\n")
    assert_refused(regimen("study", file), "unknown key 'arms2'", "Did you mean 'arms'?")
    file.write_text("epochs = [")
    assert_refused(regimen("study", file), "not valid TOML")
    file.write_text("epochs = 1")
    assert_refused(regimen("study", file), "names no data")
    for line in ('epochs = "many"', "arms = 3", "seeds = [0, 0]", "name = 3", "image-size = 'big'", "margin = 200"):
        file.write_text(f'data = "digits"\n{line}')
        assert_refused(regimen("study", file), line.split(" =")[0].replace("image-", "image_"))


def test_a_study_is_written_instead_of_trained_and_runs_from_its_file(regimen, photos, tmp_path):
    (tmp_path / "ma étude").mkdir()
    file = "ma étude/mine.toml"
    options = ["--arm", "dropout=0.2", "--arm", "f: flip", "--seeds", 1, "--epochs", 1, "--image-size", 16]
    options += ["--margin", 0.7]
    status, out, err = regimen("study", photos, *options, "--write", file)
    assert (status, err) == (0, "")
    assert out == f"Study file written: {file}\nTo run it: regimen study '{file}'\n"
    assert tomllib.loads((tmp_path / file).read_text(encoding="utf-8")) == {
        **{"data": "../photos", "epochs": 1, "seeds": 1, "image-size": 16, "margin": 0.7},
        "arms": {"dropout=0.2": "dropout=0.2", "f": "flip=0.5"},
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ma étude", "photos"]
    assert_refused(regimen("study", photos, "--write", file), "exists already and is not overwritten")
    assert_refused(regimen("study", photos, "--write", "nowhere/mine.toml"), "nowhere/mine.toml' cannot be written")
    assert_refused(regimen("study", photos, "--write", "mine"), "ends in .toml")
    assert_refused(regimen("study", "phots", "--write", "mine.toml"), "phots")

    status, out, err = regimen("study", file, "--workers", 1, "--out", "ma étude/résultat", "--json")
    assert status == 0, err
    assert {run["arm"] for run in json.loads(out)["runs"]} == {"baseline", "dropout=0.2", "f"}
    own = tmp_path / "ma étude" / "résultat" / "study.toml"
    status, out, err = regimen("study", own, "--json")
    assert status == 0, err
    assert "3 runs of 3 finished before" in err
    assert Path(json.loads(out)["folder"]).resolve() == own.parent
    assert_refused(regimen("study", own, "--epochs", 2), "holds another study")
    assert_refused(regimen("search", own, "--seeds", 2), "holds no search", "--out")
    photos.rename(tmp_path / "moved")
    assert_refused(regimen("study", own), "../../photos does not exist")


def test_presets_are_written_to_be_changed(regimen, tmp_path):
    status, out, _ = regimen("study", "--preset", "cifar10-tutorial", "--epochs", 3, "--write", "mine.toml", "--json")
    assert (status, json.loads(out)) == (0, {"written": "mine.toml"})
    written = tomllib.loads((tmp_path / "mine.toml").read_text())
    assert (written["data"], written["epochs"], written["split-seed"]) == ("cifar10", 3, 777)
    assert list(written["arms"]) == ["dropout-head", "dropout-blocks", "l2", "batchnorm"]
    assert regimen("study", "--write", "demonstration.toml")[0] == 0
    assert tomllib.loads((tmp_path / "demonstration.toml").read_text())["name"] == "digits-demo"


def test_presets_fit_on_a_line(regimen):
    _, out, _ = regimen("list", "presets")
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("kind", ["datasets", "models", "remedies", "presets"])
def test_lists_name_what_there_is(kind, regimen):
    _, plain, _ = regimen("list", kind)
    _, found, _ = regimen("list", kind, "--json")
    names = json.loads(found)
    assert {"datasets": "digits", "models": "cifar_cnn", "remedies": "dropout", "presets": "digits-demo"}[kind] in names
    lines = [line.split() for line in plain.splitlines() if len(line.split()) > 1]  # headings are one word
    assert [words[0] for words in lines] == list(names)
    assert all(names.values())


@pytest.mark.parametrize("command", [[], *([name] for name in cli.commands)], ids=lambda c: " ".join(c) or "regimen")
def test_help_is_there_and_fits(command, regimen):
    status, out, _ = regimen(*command, "--help")
    assert status == 0
    assert out.startswith("Usage: regimen")
    assert max(map(len, out.splitlines())) <= 100


def test_an_unexpected_failure_is_status_1_and_asks_for_a_report(regimen, monkeypatch):
    monkeypatch.setattr("regimen.study.load_result", lambda folder: 1 / 0)
    status, _, err = regimen("report", "x")
    assert status == 1
    assert "please report it" in err


def test_the_installed_command_answers():
    program = Path(sys.executable).with_name("regimen")
    found = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("regimen, version ")
