"""The interactive figures of the report, as data for Plotly: one file per figure."""

from regimen.report.charts.chart import Chart, colour
from regimen.report.charts.confusion import confusion
from regimen.report.charts.doses import doses
from regimen.report.charts.gaps import gaps
from regimen.report.charts.learning import accuracy_curves, loss_curves
from regimen.report.charts.reliability import reliability

__all__ = ["Chart", "accuracy_curves", "colour", "confusion", "doses", "gaps", "loss_curves", "reliability"]
