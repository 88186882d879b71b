"""Remedies: changes meant to reduce overfitting."""

from regimen.remedies.card import Card
from regimen.remedies.doses import doses
from regimen.remedies.images import ColorJitter, CutMix, Cutout, Flip, Mixup, RandAugment, Rotate, Shift, Zoom
from regimen.remedies.layers import (
    BatchNorm,
    Dropout,
    GaussianNoise,
    GlobalPooling,
    GroupNorm,
    Narrower,
    SpatialDropout,
    StochasticDepth,
)
from regimen.remedies.parsing import named_arms, parse_arms
from regimen.remedies.registry import FAMILIES, REMEDIES
from regimen.remedies.remedy import Combination, Remedy
from regimen.remedies.training import (
    ClipNorm,
    CosineDecay,
    EarlyStopping,
    LabelSmoothing,
    OneCycle,
    Plateau,
    WeightAveraging,
)
from regimen.remedies.weights import L1, L2, MaxNorm, WeightDecay

__all__ = [
    "FAMILIES",
    "L1",
    "L2",
    "REMEDIES",
    "BatchNorm",
    "Card",
    "ClipNorm",
    "ColorJitter",
    "Combination",
    "CosineDecay",
    "CutMix",
    "Cutout",
    "Dropout",
    "EarlyStopping",
    "Flip",
    "GaussianNoise",
    "GlobalPooling",
    "GroupNorm",
    "LabelSmoothing",
    "MaxNorm",
    "Mixup",
    "Narrower",
    "OneCycle",
    "Plateau",
    "RandAugment",
    "Remedy",
    "Rotate",
    "Shift",
    "SpatialDropout",
    "StochasticDepth",
    "WeightAveraging",
    "WeightDecay",
    "Zoom",
    "doses",
    "named_arms",
    "parse_arms",
]
