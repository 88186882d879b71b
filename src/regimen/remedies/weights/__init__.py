"""Remedies that restrain the weights, one file each."""

from regimen.remedies.weights.l2 import L2

__all__ = ["L2"]
