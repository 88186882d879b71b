"""Keras model → graph → Keras model; the built-in networks."""

from regimen.models.graph import Graph
from regimen.models.networks import NETWORKS
from regimen.models.nodes import Call, Layer, Ref
from regimen.models.source import find_model

__all__ = ["NETWORKS", "Call", "Graph", "Layer", "Ref", "find_model"]
