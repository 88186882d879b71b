"""`regimen.diagnose`: what a person at a prompt or in a notebook gets."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

import regimen as rg
from regimen.diagnosis import DiagnosisResult
from regimen.report.trainings import print_trainings

PUBLISHED = Path(__file__).parents[2] / "docs" / "curves" / "published_curves.csv"
CURVES = {
    "loss": [1.0, 0.7, 0.5, 0.3, 0.2, 0.1],
    "accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "val_loss": [1.1, 0.8, 0.9, 1.1, 1.3, 1.5],
    "val_accuracy": [0.5, 0.6, 0.6, 0.6, 0.6, 0.6],
}


@pytest.fixture(scope="module")
def published():
    return rg.diagnose(PUBLISHED)


def test_one_training():
    found = rg.diagnose(CURVES)
    assert isinstance(found, DiagnosisResult)
    assert len(found) == 1
    assert found[0].verdict == "overfits"
    assert found.comparison is None
    assert "It overfits from epoch" in str(found)
    assert "no interval" in str(found)
    assert repr(found) == str(found)


def test_several_are_put_side_by_side(published):
    assert [found.stop_epoch for found in published] == [13, 17, 11, 5]
    assert published["l2"].onset == 13
    assert "cannot be ranked" in str(published)
    assert max(map(len, str(published).splitlines())) <= 80
    with pytest.raises(KeyError, match=r"no such.*dropout-head, dropout-blocks, l2, batchnorm"):
        published["no such"]


def test_a_difference_beyond_reach_is_no_gap_in_the_table():
    near = {**CURVES, "val_accuracy": [0.5, 0.60001, 0.61, 0.6, 0.6, 0.6]}
    other = {**CURVES, "val_accuracy": [0.5, 0.6, 0.6, 0.6, 0.61, 0.6]}
    assert "> 1,000" in str(rg.diagnose({"one": near, "other": other}))


def test_who_is_left_out_of_the_comparison_is_said():
    broken = {**CURVES, "val_loss": [1.1, 0.8, float("nan"), 1.1, 1.3, 1.5]}
    found = rg.diagnose({"one": CURVES, "two": CURVES, "broken": broken})
    for text in (str(found), found.html()):
        assert "broken is left out" in " ".join(text.split())


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_it_fits_the_terminal(width, published):
    file = io.StringIO()
    print_trainings(Console(file=file, width=width), published.diagnoses, published.comparison)
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(file.getvalue().split())
    for name in ("dropout-head", "dropout-blocks", "l2", "batchnorm"):
        assert name in words
    assert "epoch 25" in words


def test_table(published):
    frame = published.to_frame()
    assert frame.loc["batchnorm", ["verdict", "onset", "stop_epoch"]].tolist() == ["overfits", 8, 5]
    assert frame["wasted"].dtype == "float64"
    assert rg.diagnose({"loss": [1.0, 0.9]}).to_frame()["onset"].isna().all()


def test_plain_data_is_json(published):
    data = json.loads(json.dumps(published.to_json(), allow_nan=False))
    assert [row["stop_epoch"] for row in data["trainings"]] == [13, 17, 11, 5]
    assert data["trainings"][0]["source"].endswith("published_curves.csv, row 1")
    assert len(data["trainings"][0]["curves"]["val_loss"]) == len(data["trainings"][0]["epochs"]) == 30
    assert data["comparison"]["runs"][0]["name"] == "dropout-blocks"
    broken = rg.diagnose({"val_loss": [1.0, float("nan")]}).to_json()
    assert broken["trainings"][0]["curves"]["val_loss"] == [1.0, None]
    json.dumps(broken, allow_nan=False)


def test_a_notebook_shows_tables_and_a_figure(published):
    html = published._repr_html_()
    assert html.count("<table>") == 2
    assert "epoch 13" in html
    ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])


def test_names_are_shown_and_never_interpreted():
    found = rg.diagnose({"<b>one</b> $x$": CURVES, "[red]two[/red]": CURVES})
    html = found.html()
    assert "<b>one" not in html
    assert "&lt;b&gt;one" in html
    assert "[red]two" in str(found)


def test_the_figure_marks_onset_and_where_to_stop(tmp_path, published):
    figure = rg.diagnose(CURVES).plot()
    found = rg.diagnose(CURVES)[0]
    for panel in figure.axes:
        marks = [line.get_xdata()[0] for line in panel.lines if len(set(line.get_xdata())) == 1]
        assert marks == [found.stop_epoch, found.onset]
    loss, accuracy = figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines[:2]] == [CURVES["loss"], CURVES["val_loss"]]
    assert accuracy.lines[1].get_ydata().tolist() == pytest.approx([100 * value for value in CURVES["val_accuracy"]])
    assert len(published.plot().axes) == 8
    assert len(rg.diagnose({"loss": [1.0, 0.9], "val_loss": [1.0, np.nan]}).plot().axes) == 1
    assert published.save_figure(tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in published.save_figure(tmp_path / "f.svg").read_bytes()
    with pytest.raises(rg.RegimenError, match=r"\.png or \.svg"):
        published.save_figure(tmp_path / "f.pdf")
    with pytest.raises(rg.RegimenError, match="cannot be written"):
        published.save_figure(tmp_path / "no" / "f.png")


def test_size_of_the_validation_part():
    found = rg.diagnose(CURVES, validation_images=400)
    assert found[0].validation_images == 400
    assert type(rg.diagnose(CURVES, validation_images=np.int64(400))[0].validation_images) is int
    for wrong in (0, -1, 2.5, "many"):
        with pytest.raises(rg.RegimenError, match="whole number above 0"):
            rg.diagnose(CURVES, validation_images=wrong)


def test_notes_of_reading_reach_the_answer():
    found = rg.diagnose({"epoch": [5, 6], "val_loss": [1.0, 0.9]})
    assert "epoch 5" in found[0].remarks[0]
