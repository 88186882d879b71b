"""All remedies, by the word that names them on the command line."""

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
from regimen.remedies.remedy import Remedy
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

FAMILIES: dict[str, tuple[type[Remedy], ...]] = {
    "layers": (
        Dropout,
        SpatialDropout,
        GaussianNoise,
        BatchNorm,
        GroupNorm,
        StochasticDepth,
        GlobalPooling,
        Narrower,
    ),
    "weights": (
        L1,
        L2,
        MaxNorm,
        WeightDecay,
    ),
    "images": (
        Flip,
        Shift,
        Rotate,
        Zoom,
        ColorJitter,
        Cutout,
        Mixup,
        CutMix,
        RandAugment,
    ),
    "training": (
        LabelSmoothing,
        EarlyStopping,
        CosineDecay,
        OneCycle,
        Plateau,
        WeightAveraging,
        ClipNorm,
    ),
}
"""What remedies change → remedies, in the order in which they are listed."""

REMEDIES: dict[str, type[Remedy]] = {remedy.word: remedy for family in FAMILIES.values() for remedy in family}
