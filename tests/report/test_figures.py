import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize
from regimen.report.figures import learning_curves, save_png


@pytest.fixture(scope="module")
def figure(summary):
    return learning_curves(summary)


def panel(figure, row, column):
    return figure.axes[2 * row + column]


def lines(axes):
    return {line.get_label(): line for line in reversed(axes.get_lines())}  # the first of each label


def test_two_panels_per_arm_with_units_and_names(figure, summary):
    assert len(figure.axes) == 2 * len(summary.arms)
    for row, arm in enumerate(summary.arms):
        left, right = panel(figure, row, 0), panel(figure, row, 1)
        assert left.get_title(loc="left").startswith(arm.name)
        assert (left.get_ylabel(), right.get_ylabel()) == ("cross-entropy, nats", "accuracy, %")
        assert left.get_ylim() == panel(figure, 0, 0).get_ylim()
    assert panel(figure, len(summary.arms) - 1, 0).get_xlabel() == "epoch"


def test_one_legend_names_every_kind_of_line_once(figure):
    (legend,) = figure.legends
    assert sorted(text.get_text() for text in legend.get_texts()) == [
        "diverged runs, not in the means",
        "overfits from here on",
        "training (inference mode, without penalties)",
        "training mode, as Keras logs it",
        "validation",
    ]


def test_lines_are_means_and_bands_reach_from_lowest_to_highest(figure, summary):
    curves = 100 * np.array([run.history["val_acc"] for run in summary.baseline.runs])
    axes = panel(figure, 0, 1)
    drawn = lines(axes)
    assert len(axes.get_lines()) == 4  # training, validation, training mode, onset
    np.testing.assert_allclose(drawn["validation"].get_ydata(), curves.mean(axis=0))
    np.testing.assert_array_equal(drawn["validation"].get_xdata(), np.arange(1, 31))
    band = axes.collections[1].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((curves.min(), curves.max()))
    assert drawn["overfits from here on"].get_xdata()[0] == summary.baseline.diagnosis.onset


def test_training_is_clean_and_the_training_mode_faint(figure, summary):
    runs = summary.arms[2].runs  # l2, whose penalty is in the training-mode loss
    drawn = lines(panel(figure, 2, 0))
    clean = drawn["training (inference mode, without penalties)"]
    np.testing.assert_allclose(clean.get_ydata(), np.mean([run.history["clean_loss"] for run in runs], axis=0))
    logged = drawn["training mode, as Keras logs it"]
    np.testing.assert_allclose(logged.get_ydata(), np.mean([run.history["loss"] for run in runs], axis=0))
    assert logged.get_linestyle() == ":"


def test_runs_of_different_length_are_averaged_over_those_still_going(figure, summary):
    row, arm = next((i, arm) for i, arm in enumerate(summary.arms) if arm.name == "early stopping")
    shown = lines(panel(figure, row, 1))["validation"].get_ydata()
    curves = [100 * run.history["val_acc"] for run in arm.runs]
    assert len(shown) == max(map(len, curves)) == 20
    assert shown[19] == pytest.approx(curves[4][19])
    assert shown[16] == pytest.approx(np.mean([curves[3][16], curves[4][16]]))


def test_a_diverged_run_is_drawn_by_itself(figure, summary):
    row, arm = next((i, arm) for i, arm in enumerate(summary.arms) if arm.name == "batchnorm")
    axes = panel(figure, row, 1)
    apart = [line for line in axes.get_lines() if line.get_label() == "diverged runs, not in the means"]
    assert len(apart) == 2  # training and validation
    assert len(apart[0].get_xdata()) == 7
    mean = np.mean([run.history["val_acc"] for run in arm.runs if run.status == "finished"], axis=0)
    np.testing.assert_allclose(lines(axes)["validation"].get_ydata(), 100 * mean)


def test_a_rare_peak_does_not_flatten_the_rest(summary):
    run = summary.baseline.runs[0]
    wild = {**run.history, "clean_val_loss": np.where(np.arange(30) == 0, 500.0, run.history["clean_val_loss"])}
    found = summarize({"baseline": [replace(run, history=wild), *summary.baseline.runs[1:]]})
    figure = learning_curves(found)
    assert figure.axes[0].get_ylim()[1] < 5
    assert "cut" in figure.get_supxlabel()


def test_a_study_in_which_everything_failed_has_a_figure_too():
    runs = [RunOutcome("baseline", 0, "failed", {}, None, None, None, None, 0.1, "boom")]
    figure = learning_curves(summarize({"baseline": runs}))
    assert figure.axes[0].get_title(loc="left") == "baseline"
    assert not figure.legends


def test_png_of_strange_names_without_pyplot(summary, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # importing it raises
    strange = replace(summary, arms=(replace(summary.arms[0], name="$x^$ 漢字 <b>"),))
    save_png(strange, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.width > 800
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_a_png_that_cannot_be_written_leaves_nothing(summary, tmp_path, monkeypatch):
    (tmp_path / "curves.png").write_text("old")
    monkeypatch.setattr("regimen.report.figures.learning_curves", lambda summary: None)
    with pytest.raises(AttributeError, match="savefig"):
        save_png(summary, tmp_path / "curves.png")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("curves.png", "old")]
