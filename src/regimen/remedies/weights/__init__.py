"""Remedies that restrain the weights, one file each."""

from regimen.remedies.weights.l1 import L1
from regimen.remedies.weights.l2 import L2
from regimen.remedies.weights.maxnorm import MaxNorm
from regimen.remedies.weights.weightdecay import WeightDecay

__all__ = ["L1", "L2", "MaxNorm", "WeightDecay"]
