"""Remedies that change the loss, the learning rate or the length of training, one file each."""

from regimen.remedies.training.earlystop import EarlyStopping

__all__ = ["EarlyStopping"]
