"""Remedies that change the network's layers, one file each."""

from regimen.remedies.layers.batchnorm import BatchNorm
from regimen.remedies.layers.dropout import Dropout

__all__ = ["BatchNorm", "Dropout"]
