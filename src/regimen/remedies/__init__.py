"""Remedies: changes meant to reduce overfitting."""

from regimen.remedies.batchnorm import BatchNorm
from regimen.remedies.doses import doses
from regimen.remedies.dropout import Dropout
from regimen.remedies.earlystop import EarlyStopping
from regimen.remedies.flip import Flip
from regimen.remedies.l2 import L2
from regimen.remedies.parsing import parse_arms
from regimen.remedies.registry import REMEDIES
from regimen.remedies.remedy import Combination, Remedy
from regimen.remedies.shift import Shift

__all__ = [
    "L2",
    "REMEDIES",
    "BatchNorm",
    "Combination",
    "Dropout",
    "EarlyStopping",
    "Flip",
    "Remedy",
    "Shift",
    "doses",
    "parse_arms",
]
