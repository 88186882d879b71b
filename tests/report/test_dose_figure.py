from dataclasses import replace

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer

from regimen.analysis.dose import Family, dose_response
from regimen.report.dose_figure import dose_curves, spans_decades


@pytest.fixture
def response(summary):
    arms = ("baseline", "l2", "dropout", "early stopping")
    found = dose_response(Family("dropout=…", "dropout", "rate", (0.0, 0.1, 0.3, 0.5), arms), summary)
    first, *others = found.doses
    return replace(found, doses=(replace(first, accuracy_low=0.1), *others))  # an interval need not be symmetric


def bars(panel):
    """(strength, value, low, high, filled) of each point."""
    found = []
    for container in panel.containers:
        assert isinstance(container, ErrorbarContainer)
        line, _, (reach,) = container.lines
        (low, high) = reach.get_segments()[0][:, 1]
        filled = line.get_markerfacecolor() != "white"
        found.append((line.get_xdata()[0], line.get_ydata()[0], low, high, filled))
    return found


def test_three_panels_show_every_strength_with_its_interval(response):
    figure = dose_curves([response])
    labels = [panel.get_ylabel() for panel in figure.axes]
    assert labels == ["gap, points", "validation accuracy, %", "validation loss, nats"]
    for panel, name, scale in zip(figure.axes, ("gap", "accuracy", "loss"), (100, 100, 1), strict=True):
        expected = [
            (
                dose.strength,
                *(scale * getattr(dose, key) for key in (name, f"{name}_low", f"{name}_high")),
                dose is response.best,
            )
            for dose in response.doses
        ]
        np.testing.assert_allclose(bars(panel), expected)
        assert panel.get_xscale() == "linear"
        assert [label.get_text() for label in panel.get_xticklabels()] == ["0", "0.1", "0.3", "0.5"]
        assert panel.get_xlabel() == "dropout: rate"
    assert figure.axes[0].get_title(loc="left") == "dropout=…"


def test_one_row_per_family_and_decades_on_a_logarithmic_axis(response, summary):
    arms = response.family.arms
    with_zero = dose_response(Family("l2=…", "l2", "factor", (0.0, 1e-4, 1e-3, 1e-2), arms), summary)
    without = dose_response(Family("l2=… + flip=0.5", "l2", "factor", (1e-4, 1e-3, 1e-2, 1e-1), arms), summary)
    figure = dose_curves([response, with_zero, without])
    assert [panel.get_xscale() for panel in figure.axes] == ["linear"] * 3 + ["symlog"] * 3 + ["log"] * 3
    low, high = figure.axes[3].get_xlim()
    assert low < 0 < 1e-2 < high
    figure.draw_without_rendering()
    assert [label.get_text() for label in figure.axes[3].get_xticklabels()] == ["0", "0.0001", "0.001", "0.01"]


def test_a_strength_without_runs_or_interval_is_no_reason_to_fail(one_seed, summary):
    family = Family("dropout=…", "dropout", "rate", (0.1, 0.3, 0.5), ("dropout", "l2", "shift"))
    figure = dose_curves([dose_response(family, one_seed)])
    assert len(figure.axes[1].containers) == 3
    figure.draw_without_rendering()


def test_decades():
    assert not spans_decades([0.05, 0.5])
    assert spans_decades([0, 0.01, 0.5])
    assert not spans_decades([0, 0.5])
