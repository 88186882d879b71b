"""Remedies: changes meant to reduce overfitting."""

from regimen.remedies.card import Card
from regimen.remedies.doses import doses
from regimen.remedies.images import Flip, Shift
from regimen.remedies.layers import BatchNorm, Dropout
from regimen.remedies.parsing import parse_arms
from regimen.remedies.registry import FAMILIES, REMEDIES
from regimen.remedies.remedy import Combination, Remedy
from regimen.remedies.training import EarlyStopping
from regimen.remedies.weights import L2

__all__ = [
    "FAMILIES",
    "L2",
    "REMEDIES",
    "BatchNorm",
    "Card",
    "Combination",
    "Dropout",
    "EarlyStopping",
    "Flip",
    "Remedy",
    "Shift",
    "doses",
    "parse_arms",
]
