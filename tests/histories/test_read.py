"""Every other kind of source, and everything that is none."""

import contextlib
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimen.errors import HistoryError, RegimenError
from regimen.histories import read

SAMPLES = Path(__file__).with_name("samples")
PUBLISHED = Path(__file__).parents[2] / "docs" / "curves" / "published_curves.csv"
HISTORY = json.loads((SAMPLES / "history.json").read_text())
CURVES = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0]}


def only(source):
    (training,) = read(source)
    return training


def assert_reads_as(source, expected=CURVES):
    training = only(source)
    assert {name: training.curves[name].tolist() for name in expected} == expected
    assert training.epochs.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "source",
    [
        CURVES,
        {name: np.array(values) for name, values in CURVES.items()},
        {name: dict(enumerate(values)) for name, values in CURVES.items()},
        [dict(zip(CURVES, row, strict=True)) for row in zip(*CURVES.values(), strict=True)],
        SimpleNamespace(history=CURVES, epoch=[0, 1, 2], params={}),
        pandas.DataFrame(CURVES),
        pandas.DataFrame({"epoch": [0, 1, 2], **CURVES}),
        pandas.DataFrame(CURVES, index=pandas.Index([1, 2, 3], name="epoch")),
        {"history": CURVES, "params": {"epochs": 3}},
    ],
    ids=lambda source: type(source).__name__,
)
def test_objects(source):
    assert_reads_as(source)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.json", json.dumps(CURVES)),
        ("h.txt", json.dumps(CURVES)),
        (
            "h.jsonl",
            "\n".join(json.dumps(dict(zip(CURVES, r, strict=True))) for r in zip(*CURVES.values(), strict=True)),
        ),
        ("h.json", pandas.DataFrame(CURVES).to_json()),
        ("h.csv", pandas.DataFrame(CURVES).to_csv()),
        ("h.csv", pandas.DataFrame({"epoch": range(3), **CURVES}).to_csv(index=False)),
        ("h.log", pandas.DataFrame({"epoch": range(3), **CURVES}).to_csv(index=False, sep="\t")),
        ("h.csv", pandas.DataFrame({"epoch": range(3), **CURVES}).to_csv(index=False, sep=";", decimal=",")),
    ],
)
def test_files(name, content, tmp_path):
    (tmp_path / name).write_text(content)
    assert_reads_as(tmp_path / name)
    assert_reads_as(str(tmp_path / name))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_windows_writes(encoding, tmp_path):
    (tmp_path / "log.txt").write_bytes((SAMPLES / "keras3_bars.txt").read_bytes().decode().encode(encoding))
    assert len(only(tmp_path / "log.txt").epochs) == 12


def test_csvlogger_and_json_hold_the_same():
    log, history = only(SAMPLES / "csvlogger.csv"), only(SAMPLES / "history.json")
    assert log.epochs.tolist() == history.epochs.tolist()
    for name, values in HISTORY.items():
        np.testing.assert_allclose(log.curves[name], values)


def test_a_column_of_names_tells_trainings_apart():
    trainings = read(PUBLISHED)
    assert [training.name for training in trainings] == ["dropout-head", "dropout-blocks", "l2", "batchnorm"]
    assert all(len(training.epochs) == 30 for training in trainings)
    again = read(pandas.read_csv(PUBLISHED))
    np.testing.assert_array_equal(again[3].curves["val_loss"], trainings[3].curves["val_loss"])


def test_columns_that_differ_in_every_row_are_no_names():
    frame = pandas.DataFrame({"time": ["9:01", "9:02", "9:03"], **CURVES})
    assert_reads_as(frame)


@pytest.mark.parametrize(
    "words",
    [
        ["True", "True", "False", "True", "False", "False"],
        ["12:00", "12:00", "12:01", "12:01", "12:02", "12:02"],
        ["warm-up", "warm-up", "training", "training", "training", "training"],
        ["", "", "saved", "", "saved", ""],
    ],
)
def test_words_that_change_while_epochs_go_on_are_no_names(words):
    loss = [3.0, 2.0, 1.0, 1.1, 1.2, 1.3]
    text = pandas.DataFrame({"epoch": range(6), "note": words, "loss": loss, "val_loss": loss}).to_csv(index=False)
    (training,) = read(text)
    assert training.epochs.tolist() == [1, 2, 3, 4, 5, 6]
    assert sorted(training.curves) == ["loss", "val_loss"]
    twice = read(text + text.split("\n", 1)[1])
    assert [training.curves["loss"].tolist() for training in twice] == [loss, loss]


@pytest.mark.parametrize("order", ["one after the other", "in turns"])
def test_words_that_change_where_epochs_begin_again_are_names(order):
    frame = pandas.DataFrame({"epoch": [1, 2, 1, 2], "optimizer": ["adam", "adam", "sgd", "sgd"], "loss": [4, 3, 2, 1]})
    found = read(frame if order == "one after the other" else frame.sort_values(["epoch", "optimizer"]))
    assert {training.name: training.curves["loss"].tolist() for training in found} == {"adam": [4, 3], "sgd": [2, 1]}


def test_words_without_epochs_are_names_unless_they_are_yes_and_no():
    losses = {"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.0, 1.0]}
    named = read(pandas.DataFrame({"optimizer": ["adam", "adam", "sgd", "sgd"], **losses}))
    assert [training.name for training in named] == ["adam", "sgd"]
    assert len(only(pandas.DataFrame({"is_best": ["True", "True", "True", "False"], **losses})).epochs) == 4


@pytest.mark.parametrize("form", [dict, json.dumps, lambda data: SimpleNamespace(history=data)])
def test_words_beside_the_curves_are_left_alone(form, tmp_path):
    source = form({**CURVES, "class_names": ["cat", "dog"], "val_files": ["a", "b", "b", "a"]})
    if isinstance(source, str):
        (tmp_path / "h.json").write_text(source)
        source = tmp_path / "h.json"
    assert sorted(only(source).curves) == ["loss", "val_loss"]
    assert_reads_as(source)


def test_seeds_and_appended_epochs_are_trainings_of_their_own():
    frame = pandas.DataFrame({"seed": [0, 0, 1, 1], "epoch": [1, 2, 1, 2], "loss": [2.0, 1.0, 4.0, 3.0]})
    assert [training.name for training in read(frame)] == ["seed 0", "seed 1"]
    appended = frame.drop(columns="seed")
    assert [training.curves["loss"].tolist() for training in read(appended)] == [[2.0, 1.0], [4.0, 3.0]]


def test_csvlogger_counts_from_0_and_resumed_ones_later():
    frame = pandas.DataFrame({"epoch": [4, 5], "loss": [1.0, 0.9], "val_loss": [1.0, 1.1]})
    assert only(frame).epochs.tolist() == [4, 5]
    assert "epoch 4" in only(frame).notes[0]


def test_missing_cells_are_epochs_without_validation():
    frame = pandas.DataFrame({"loss": [3.0, 2.0, 1.0, 0.5], "val_loss": ["NA", 2.0, "", 1.0]})
    training = only(frame)
    assert training.epochs.tolist() == [2, 4]
    assert "2 epochs without validation" in training.notes[0]


def test_nan_is_a_value():
    assert np.isnan(only({"loss": [1.0, float("nan")], "val_loss": [1.0, float("inf")]}).curves["loss"][1])


def test_several_sources_are_named_and_told_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "log.json").write_text(json.dumps(CURVES))
    paths = [tmp_path / "a" / "log.json", tmp_path / "b" / "log.json"]
    assert [training.name for training in read(paths)] == [str(path) for path in paths]
    assert [training.name for training in read([PUBLISHED, paths[0]])][:2] == [
        "published_curves: dropout-head", "published_curves: dropout-blocks"
    ]  # fmt: skip
    named = read({"plain": SimpleNamespace(history=CURVES), "other": pandas.DataFrame(CURVES)})
    assert [training.name for training in named] == ["plain", "other"]
    assert [training.name for training in read({"plain": CURVES, "other": CURVES})] == ["plain", "other"]
    assert [training.name for training in read([CURVES, CURVES])] == ["training, training 1", "training, training 2"]


def test_the_json_of_a_study_is_read():
    document = {
        "answer": "…",
        "arms": [{"arm": "baseline", "accuracy": 0.9, "gap": 0.1}],
        "runs": [{"arm": "l2", "seed": seed, "status": "finished", "history": CURVES} for seed in (0, 1)],
    }
    assert [training.name for training in read(document)] == ["l2, seed 0", "l2, seed 1"]


def study(*runs, **more):
    """What `regimen study --json` prints, as far as it matters."""
    dose = {"arm": "l2", "strength": 0.1, "accuracy": 0.9, "gap": 0.1, "loss": 1.0, "loss_low": None}
    runs = [
        {"arm": "l2", "seed": seed, "status": status, "history": history, "error": None}
        for seed, (status, history) in enumerate(runs)
    ]
    return {"answer": "…", "doses": [{"remedy": "l2", "doses": [dose], "best": 0.1}], "runs": runs, **more}


def test_of_a_study_only_runs_are_trainings():
    found = read(study(("finished", CURVES), ("finished", CURVES)))
    assert [training.name for training in found] == ["l2, seed 0", "l2, seed 1"]
    assert [training.notes for training in found] == [(), ()]


def test_runs_of_a_study_without_an_epoch_are_left_out_and_counted():
    (training,) = read(study(("finished", CURVES), ("failed", {name: [] for name in CURVES}), ("failed", {})))
    assert training.name == "l2, seed 0"
    assert training.notes == ("2 of 3 runs ended before their first epoch and are left out.",)
    with pytest.raises(HistoryError, match="no run of the study has finished an epoch"):
        read(study(("failed", {name: [] for name in CURVES})))


def test_null_is_nan_in_a_run_that_diverged(tmp_path):
    path = tmp_path / "study.json"
    broken = {"loss": [3.0, None, None], "val_loss": [3.5, 2.5, None]}
    path.write_text(json.dumps(study(("finished", CURVES), ("diverged", broken))))
    _, diverged = read(path)
    assert diverged.epochs.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(diverged.curves["val_loss"], [3.5, 2.5, np.nan])
    np.testing.assert_array_equal(diverged.curves["loss"], [3.0, np.nan, np.nan])


def notebook(*cells):
    return {
        "nbformat": 4,
        "cells": [
            {"cell_type": "markdown", "source": "# Epoch 1/2"},
            *({"cell_type": "code", "source": "model.fit()", "outputs": outputs} for outputs in cells),
        ],
    }


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text.splitlines(keepends=True)}


def test_every_training_of_a_notebook_under_its_cell(tmp_path):
    text = (SAMPLES / "keras3_bars.txt").read_bytes().decode()
    cut = text.index("Epoch 7/12") + 40
    interrupted = [stream(text[:cut]), stream("W0000 a warning\n", "stderr"), stream(text[cut:])]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook([stream(text)], [], interrupted)))
    first, second = read(path)
    assert (first.name, second.name) == ("cell 2", "cell 4")
    assert "cell 2" in first.source
    np.testing.assert_array_equal(first.curves["val_loss"], second.curves["val_loss"])
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "outputs": [stream(text)]}]}]}
    path.write_text(json.dumps(old))
    assert len(only(path).epochs) == 12


def test_standard_input(monkeypatch):
    data = (SAMPLES / "keras3_bars.txt").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert len(only("-").epochs) == 12


BAD = {
    "empty.log": (b"", "is empty"),
    "blank.csv": (b" \n\n", "is empty"),
    "binary.log": (b"\x00\x01\x02\x03 loss", "is no text"),
    "image.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is no text"),
    "words.txt": (b"Nothing of use.\nNothing at all.\n", "no progress of a Keras training: in 3 lines"),
    "header.csv": (b"epoch,loss,val_loss\n", "no epoch below"),
    "other.csv": (b"name,age\nAnn,3\n", r"no learning curve.*'name', 'age'"),
    "empty_cells.csv": (b"epoch,loss,val_loss\n1,,\n", "no epoch with a metric"),
    "other.json": (b'{"a": [1, 2], "b": {"c": 1}}', r"JSON without a learning curve.*'a', 'b'"),
    "list.json": (b"[1, 2, 3]", "a list of 3"),
    "number.json": (b"3", "it holds 3"),
    "broken.json": (b'{"loss": [1,', "no JSON that can be read"),
    "none.json": (b'{"loss": [], "val_loss": []}', "no epoch in them"),
    "uneven.json": (
        b'{"loss": [1, 2, 3], "val_loss": [1, 2]}',
        "different length: loss 3, val_loss 2.*validation_freq",
    ),
    "words.json": (b'{"loss": ["a", "b"]}', "JSON without a learning curve"),
    "short.json": (b'{"loss": [1, 2, 3], "val_loss": ["NA"]}', "different length: loss 3, val_loss 1"),
    "deep.json": (b"[" * 100_000, "no JSON that can be read"),
    "broken.ipynb": (b"{", "no notebook that can be read"),
    "other.ipynb": (b"{}", "neither cells nor worksheets"),
    "silent.ipynb": (json.dumps(notebook([], [])).encode(), "none of its 2 code cells has saved text"),
    "quiet.ipynb": (json.dumps(notebook([stream("done\n")])).encode(), "1 of its 1 code cells have saved text"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_by_name(name, tmp_path):
    content, words = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HistoryError, match=f"(?s){name}.*{words}"):
        read(tmp_path / name)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(HistoryError, match=r"There is no file 'nowhere\.log'"):
        read("nowhere.log")
    with pytest.raises(HistoryError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("source", [3, None, {}, [], {"a": 1}, object(), {"accuracy": [0.5]}, b"bytes"])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(HistoryError, match="no learning curve"):
        read(source)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["loss", "val_loss", "epoch", "arm", "history", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_plain_data_is_read_or_refused(data):
    for source in (data, json.dumps({"data": data}) + "\n"):
        with contextlib.suppress(RegimenError):
            read(source)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".csv", ".json", ".ipynb", ".txt"]))
def test_any_file_is_read_or_refused(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(RegimenError):
        read(path)


@pytest.mark.parametrize("text", ["\x1f", "\u2028\n"])
def test_separators_without_a_word_are_an_empty_table(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError, match="is empty"):
        read(path)
