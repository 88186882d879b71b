"""Torch modules that compute what Keras layers compute, one file per family."""

from regimen.engine.counterparts.counterpart import Counterpart
from regimen.engine.counterparts.registry import COUNTERPARTS, counterpart

__all__ = ["COUNTERPARTS", "Counterpart", "counterpart"]
