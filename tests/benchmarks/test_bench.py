"""Figures and page from fabricated times; contenders on a handful of images. Nothing here depends on time."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import keras
import numpy as np
import pytest

import regimen as rg

pytestmark = pytest.mark.usefixtures("one_thread")

PEERS = Path(__file__).parents[2] / "benchmarks" / "peers"
WHERE = {
    **{"date": "2026-01-01", "processor": "a processor", "cores": 2, "memory_gb": 8.0, "bfloat16": "AMX"},
    **{"system": "Linux", "load": 0.0, "python": "3.11", "ours": {"torch": "2"}, "peers": {"jax": "1"}},
}
SIZES = {"training": 7000, "validation": 3000, "epochs": 3, "trainings": 1}

PROFILE = {
    **{"model": "dropout", "precision": "bfloat16", "step_ms": 50.0, "gflop": 8.0, "product_gflop_per_second": 250.0},
    "shares": {"pooling": 0.1, "batch normalization": 0.0, "Python": 0.7},
}


def ran(epoch, start=5.0, trainings=1, epochs=3, **more):
    """A result of epochs that all take equally long, but for the first."""
    ends = [[start + epoch * number for number in range(1, epochs + 1)] for _ in range(trainings)]
    wall = start + epochs * epoch + 1.0
    result = {"wall_seconds": wall, "ends": ends, "val_accuracies": [0.4] * trainings}
    return {**result, "peak_bytes": None, "below_bytes": None, **more}


def measured(*rounds, **more):
    return {"where": WHERE, "sizes": SIZES, "rounds": list(rounds), **more}


@pytest.fixture(scope="module")
def parts():
    return import_module("parts")


@pytest.fixture(scope="module")
def write_page():
    return import_module("page").write_page


def rows(text, name):
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith(f"| {name} |")
    ]


def test_an_epoch_is_the_median_without_the_first():
    rates = import_module("rates")
    result = {"wall_seconds": 30.0, "ends": [[9.0, 11.0, 14.0], [10.0, 13.0, 20.0]]}
    assert rates.epoch_seconds(result) == 3.0
    assert rates.outside_seconds(result) == 21.0
    assert rates.extrapolated(result) == pytest.approx(2 * 3600 / (21 + 30 * 3))
    assert rates.whole(result, 5) == 600.0


def test_ratios_are_taken_round_by_round(parts, write_page):
    ours, theirs = parts.OURS, parts.TENSORFLOW
    # 3600 / (6 + 30 t): rates are inverse to 6 + 30 t
    rounds = [{theirs: ran(fair), ours: ran(own, trainings=2)} for fair, own in ((10.0, 4.0), (10.0, 3.8), (20.0, 6.8))]
    text = write_page({"a": measured(*rounds)})
    assert rows(text, theirs) == [[theirs, "40.0", "10.0", "6.00", "11.8"]]
    assert rows(text, ours) == [[ours, "40.0", "4.00", "6.00", "57.1"]]
    # 2 * 306/126, 2 * 306/120, 2 * 606/210; of epochs 2 * 10/4, 2 * 10/3.8, 2 * 20/6.8
    expected = ["**5.10** (4.86…5.77)", "**5.26** (5.00…5.88)", "4.5", "yes"]
    assert rows(text, f"{ours} : {theirs}") == [[f"{ours} : {theirs}", *expected]]
    assert "7,000 training and 3,000 validation images, 3 epochs, 3 rounds" in text


def test_a_target_is_for_machines_with_native_bfloat16(parts, write_page):
    rounds = [{parts.TENSORFLOW: ran(10.0), parts.OURS: ran(10.0)}]
    name = f"{parts.OURS} : {parts.TENSORFLOW}"
    assert rows(write_page({"a": measured(*rounds)}), name)[0][3:] == ["4.5", "no"]
    elsewhere = measured(*rounds, where={**WHERE, "bfloat16": ""})
    assert rows(write_page({"a": elsewhere}), name)[0][3:] == ["", ""]


def test_a_part_that_is_not_shortened_is_told_whole(parts, write_page):
    rounds = [{parts.TENSORFLOW: ran(1.0), parts.OURS: {**ran(1.0), "ends": [], "wall_seconds": 3.0}}]
    text = write_page({"b": measured(*rounds, sizes={**SIZES, "trainings": 10})})
    assert "seconds for 10 trainings" in text
    assert rows(text, parts.TENSORFLOW) == [[parts.TENSORFLOW, "9.00", "4,000"]]
    assert rows(text, parts.OURS) == [[parts.OURS, "3.00", "12,000"]]
    assert rows(text, f"{parts.OURS} : {parts.TENSORFLOW}")[0][1:] == ["**3.00** (3.00…3.00)", "3.0", "yes"]


def test_who_did_not_finish_is_named_and_left_out(parts, write_page):
    rounds = [{parts.TENSORFLOW: {"error": "no memory"}, parts.OURS: ran(4.0)}]
    text = write_page({"a": measured(*rounds)})
    assert f"- {parts.TENSORFLOW} did not finish: no memory" in text
    assert not rows(text, parts.TENSORFLOW)


def test_memory_is_told_where_it_was_measured(parts, write_page):
    held = {parts.OURS: ran(4.0, trainings=2, peak_bytes=3072 * 2**20, below_bytes=456 * 2**20)}
    text = write_page({"d": measured(held), "e": measured(held)})
    assert rows(text, parts.OURS) == [[parts.OURS, "2", "3,072"]] * 2
    worker = "A worker, beyond the dataset and the libraries, which workers share"
    assert rows(text, worker) == [[worker, "456", "below 1,024", "yes"]] * 2
    assert rows(text, "All processes together") == [["All processes together", "3,072", "below 3,072", "no"]]
    assert "Not measured" in write_page({"d": measured({parts.OURS: ran(4.0)})})


def test_a_step_is_taken_apart(parts, write_page):
    text = write_page({"a": measured({parts.OURS: ran(4.0)}, profile=PROFILE)})
    assert "(dropout) alone on the machine, on one core in bfloat16, takes 50.0 ms" in text
    assert "these alone take 32.0 ms" in text
    assert rows(text, "pooling") == [["pooling", "5.0", "10"]]
    assert rows(text, "Python") == [["Python", "35.0", "70"]]
    assert not rows(text, "batch normalization")


def test_every_comparison_is_of_contenders(parts, tmp_path):
    material, contenders = import_module("material"), import_module("contenders")
    stage = contenders.Stage("python", [0, 1], tmp_path, native=True)
    made = material.Material(tmp_path, tmp_path, (Path("m.keras"),) * 3, 7, 3, (0.0,), (1.0,), 32, 1e-3, 2)
    for part in parts.PARTS.values():
        found = {contender.name: contender for contender in part.contenders(stage, made)}
        assert {name for ours, theirs, _ in part.comparisons for name in (ours, theirs)} <= set(found)
    shared = stage.keras(made, "tensorflow", "float32", each_core=True)
    settings = [json.loads(Path(command[-1]).read_text()) for command in shared.commands]
    assert [(each["core"], len(each["models"])) for each in settings] == [(0, 2), (1, 1)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A handful of images, and the digits demonstration."""
    material = import_module("material")
    folder = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    images = rg.Dataset.from_arrays(rng.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8), np.arange(40) % 10)
    return {
        "photos": material.block_dropout(images, folder / "photos", epochs=2),
        "digits": material.demonstration(folder / "digits", epochs=2),
    }


def trained(monkeypatch, capsys, folder, script, material, **settings):
    """The lines that a contender prints, run in this process."""
    path = folder / "settings.json"
    path.write_text(json.dumps({**material.settings(), "core": None, "precision": "float32", **settings}))
    monkeypatch.syspath_prepend(PEERS)
    monkeypatch.setattr(sys, "argv", [script, str(path)])
    capsys.readouterr()
    import_module(script).main()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_material_is_what_the_product_trains_on(made):
    photos, digits = made["photos"], made["digits"]
    x, y = (np.load(photos.folder / f"{name}_train.npy") for name in "xy")
    assert (x.shape, x.dtype, y.shape) == ((28, 32, 32, 3), np.uint8, (28,))
    np.testing.assert_allclose(photos.mean, x.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(photos.std, x.std((0, 1, 2)), rtol=1e-5)
    found = rg.load(photos.source)
    np.testing.assert_array_equal(found.train.images[found.given_validation], np.load(photos.folder / "x_val.npy"))
    assert (photos.training, photos.validation, photos.learning_rate) == (28, 12, 1e-4)
    (model,) = photos.models
    assert str(rg.Graph.from_keras(keras.saving.load_model(model)).to_json()).count("keras.layers.Dropout") == 3
    assert [path.stem for path in digits.models] == ["baseline", "l2", "dropout", "batchnorm", "shift"]
    shift = keras.saving.load_model(digits.models[-1]).layers[1]
    assert isinstance(shift, keras.layers.RandomTranslation)
    assert (shift.height_factor, shift.width_factor, shift.fill_mode) == (0.125, 0.125, "nearest")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_keras_trains_one_model_after_the_other(made, monkeypatch, capsys, tmp_path, precision):
    twice = [str(path) for path in made["photos"].models * 2]
    lines = trained(monkeypatch, capsys, tmp_path, "keras_fit", made["photos"], precision=precision, models=twice)
    assert [(line["training"], line["epoch"]) for line in lines] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert all(0 <= line["val_accuracy"] <= 1 for line in lines)


def test_keras_computes_in_the_precision_that_is_asked_for(made, monkeypatch):
    monkeypatch.syspath_prepend(PEERS)
    before = keras.saving.load_model(made["photos"].models[0])
    after = import_module("keras_fit").in_precision(before, "bfloat16")
    kinds = [layer.compute_dtype for layer in after.layers[1:]]
    assert kinds == ["bfloat16"] * (len(kinds) - 1) + ["float32"]
    for theirs, ours in zip(before.get_weights(), after.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_plain_loop_trains(made, monkeypatch, capsys, tmp_path, precision):
    lines = trained(monkeypatch, capsys, tmp_path, "plain_torch", made["photos"], precision=precision)
    assert [line["epoch"] for line in lines] == [1, 2]
    assert all(np.isfinite(line["loss"]) for line in lines)


def test_the_plain_loop_trains_the_network_that_keras_trains(made):
    model = import_module("plain_torch").network(32, 10)
    assert sum(part.numel() for part in model.parameters()) == 814_122
    assert keras.saving.load_model(made["photos"].models[0]).count_params() == 814_122


def test_ours_trains_as_many_seeds_as_told(made, monkeypatch, capsys, tmp_path):
    more = {"precision": "float32", "seeds": 1, "out": str(tmp_path / "study")}
    lines = trained(monkeypatch, capsys, tmp_path, "regimen_study", made["photos"], **more)
    assert [(line["training"], line["epoch"]) for line in lines] == [(0, 1), (0, 2)]
    arm = rg.load_result(tmp_path / "study").summary.arms[0]
    assert arm.name == "baseline"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_profile_finds_every_kind_of_operation(made, monkeypatch, capsys, tmp_path, precision):
    more = {"precision": precision, "seeds": 1, "out": str(tmp_path / "study")}
    (found,) = trained(monkeypatch, capsys, tmp_path, "regimen_profile", made["photos"], **more)
    assert found["precision"] == precision
    assert {kind for kind, share in found["shares"].items() if not share} == {"batch normalization"}
    assert sum(found["shares"].values()) == pytest.approx(1)
    # 3×3 convolutions of 38.6 M products an image, dense layers of 0.5 M; forward, and two gradients but the first's
    assert found["gflop"] == pytest.approx(28 * 2 * 3 * 0.0388, rel=0.05)


def test_a_contender_that_is_asked_answers_or_says_why():
    running = import_module("running")
    answer = running.Contender("one", ((sys.executable, "-c", "print('hello'); print([1, 2])"),))
    assert running.ask(answer) == [1, 2]
    with pytest.raises(running.ContenderError, match="exit status 1: out of luck"):
        running.ask(running.Contender("one", ((sys.executable, "-c", "raise SystemExit('out of luck')"),)))


def test_ours_trains_on_a_folder_of_photos(monkeypatch, capsys, tmp_path):
    rng = np.random.default_rng(0)
    images = rg.Dataset.from_arrays(rng.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8), np.arange(10) % 2)
    made = import_module("material").photo_folder(images, tmp_path / "photos", 24)
    found = rg.load(made.source)
    assert found.train.images.shape == (24, 96, 96, 3)
    assert len(np.unique(found.train.images, axis=0)) == 24
    more = {"seeds": 1, "out": str(tmp_path / "study")}
    lines = trained(monkeypatch, capsys, tmp_path, "regimen_study", made, **more)
    assert [(line["training"], line["epoch"]) for line in lines] == [(0, 1)]
    summary = rg.load_result(tmp_path / "study").summary
    assert (summary.validation_images, 24 - summary.validation_images) == (made.validation, made.training)


SPEAKING = """\
import json
print("hello")
for epoch in (1, 2):
    print(json.dumps({"training": 0, "epoch": epoch, "val_accuracy": epoch / 4}), flush=True)
"""


def test_a_contender_is_heard():
    running = import_module("running")
    command = (sys.executable, "-c", SPEAKING)
    result = running.run(running.Contender("one", (command, command)), memory=True)
    assert [len(ends) for ends in result["ends"]] == [2, 2]
    assert result["val_accuracies"] == [0.5, 0.5]
    assert all(0 < first <= last <= result["wall_seconds"] for first, last in result["ends"])


def test_a_contender_that_fails_says_why():
    running = import_module("running")
    command = (sys.executable, "-c", "raise SystemExit('out of luck')")
    with pytest.raises(running.ContenderError, match="exit status 1: out of luck"):
        running.run(running.Contender("one", (command,)))


def test_a_contender_that_hangs_is_ended(monkeypatch):
    running = import_module("running")
    monkeypatch.setattr(running, "LIMIT_SECONDS", 0.0)
    begun = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **more: begun.append(popen(*words, **more)) or begun[-1])
    with pytest.raises(running.ContenderError, match="not finished after 0 s"):
        running.run(running.Contender("one", ((sys.executable, "-c", "import time; time.sleep(60)"),)))
    assert [process.returncode for process in begun] == [-signal.SIGKILL]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is measured on Linux only")
def test_memory_counts_children_and_their_own_pages():
    memory = import_module("memory")
    code = "import sys; held = bytes(range(256)) * (100 * 2**12); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        peak = memory.Peak()
        peak.look([os.getpid()])
        child.stdin.close()
    assert peak.below > 100 * 2**20
    assert peak.total > peak.below


def test_a_part_that_is_run_again_replaces_only_itself(parts, monkeypatch, tmp_path):
    bench = import_module("bench")
    kept = {"b": measured({parts.OURS: {**ran(1.0), "wall_seconds": 3.0}}), "c": measured({parts.OURS: ran(9.0)})}
    (tmp_path / "results.json").write_text(json.dumps(kept))
    monkeypatch.setattr(bench, "measure", lambda letter, given, scratch: iter([measured({parts.OURS: ran(4.0)})]))
    bench.main(["--only", "c", "--folder", str(tmp_path)])
    assert json.loads((tmp_path / "results.json").read_text())["b"] == kept["b"]
    text = (tmp_path / "RESULTS.md").read_text()
    assert [row[1:3] for row in rows(text, parts.OURS)] == [["3.00", "1,200"], ["40.0", "4.00"]]
    (tmp_path / "RESULTS.md").unlink()
    bench.main(["--write-only", "--folder", str(tmp_path)])
    assert (tmp_path / "RESULTS.md").read_text() == text


def test_rounds_rotate_and_go_on_after_a_failure(parts, made, monkeypatch, tmp_path):
    bench, running = import_module("bench"), import_module("running")
    order = []

    monkeypatch.setattr(bench, "ask", lambda contender: {**PROFILE, "asked": contender.name})

    def run(contender, *, memory):
        order.append(contender.name)
        if contender.name == parts.OURS:
            raise running.ContenderError("out of luck")
        return ran(4.0)

    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setitem(parts.PARTS, "c", replace(parts.PARTS["c"], material=lambda given, folder: made["photos"]))
    options = ["--only", "c", "--folder", str(tmp_path), "--python", sys.executable, "--rounds", "3"]
    bench.main(options)
    first, second, third = order[:3], order[3:6], order[6:]
    assert second == [*first[1:], first[0]]
    assert third == [*second[1:], second[0]]
    (part,) = json.loads((tmp_path / "results.json").read_text()).values()
    assert [each[parts.OURS] for each in part["rounds"]] == [{"error": "out of luck"}] * 3
    assert part["profile"]["asked"] == parts.OURS
