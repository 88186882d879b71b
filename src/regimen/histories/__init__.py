"""Learning curves from elsewhere: Keras History, tables, JSON, console output, notebooks."""

from regimen.histories.read import STANDARD_INPUT, read
from regimen.histories.training import Training

__all__ = ["STANDARD_INPUT", "Training", "read"]
