"""Remedies that change the loss, the learning rate or the length of training, one file each."""

from regimen.remedies.training.clipnorm import ClipNorm
from regimen.remedies.training.cosine import CosineDecay
from regimen.remedies.training.earlystop import EarlyStopping
from regimen.remedies.training.ema import WeightAveraging
from regimen.remedies.training.labelsmoothing import LabelSmoothing
from regimen.remedies.training.onecycle import OneCycle
from regimen.remedies.training.plateau import Plateau

__all__ = ["ClipNorm", "CosineDecay", "EarlyStopping", "LabelSmoothing", "OneCycle", "Plateau", "WeightAveraging"]
