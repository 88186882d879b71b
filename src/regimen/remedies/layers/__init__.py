"""Remedies that change the network's layers, one file each."""

from regimen.remedies.layers.batchnorm import BatchNorm
from regimen.remedies.layers.dropout import Dropout
from regimen.remedies.layers.gaussiannoise import GaussianNoise
from regimen.remedies.layers.globalpool import GlobalPooling
from regimen.remedies.layers.groupnorm import GroupNorm
from regimen.remedies.layers.narrower import Narrower
from regimen.remedies.layers.spatialdropout import SpatialDropout
from regimen.remedies.layers.stochasticdepth import StochasticDepth

__all__ = [
    "BatchNorm",
    "Dropout",
    "GaussianNoise",
    "GlobalPooling",
    "GroupNorm",
    "Narrower",
    "SpatialDropout",
    "StochasticDepth",
]
