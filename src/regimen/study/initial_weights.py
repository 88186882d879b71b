"""What a study's runs begin with: fresh weights, or those of the model."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from regimen.errors import OptionError
from regimen.models.graph import Graph
from regimen.models.reading import weights_of


def kept_weights(model: Any, graph: Graph, wanted: str | None) -> dict[str, np.ndarray] | None:
    """The weights that runs begin with, by name; None where each seed draws fresh ones.

    Args:
        model: the user's Keras model.
        graph: its graph.
        wanted: ``fresh``, ``keep``, or None where the user did not say.

    Raises:
        OptionError: another word, or a trained or partly frozen model of which nothing was said.
    """
    if wanted not in (None, "fresh", "keep"):
        raise OptionError(f"weights must be fresh or keep; received {wanted!r}.")
    if wanted == "fresh":
        return None
    weights = weights_of(model)
    if wanted == "keep":
        return weights
    frozen = [
        layer.name for layer in graph.layers if layer.config.get("trainable") is False and _has(weights, layer.key)
    ]
    trained = [name for name, array in weights.items() if _starts_at_zero(graph, name) and np.any(array)]
    if frozen or trained:
        why = f"has frozen layers ({frozen[0]}, …)" if frozen else f"has been trained ({trained[0]} is not zero)"
        raise OptionError(
            f"The model {why}, so it must be said what its runs begin with: weights keep (its weights) or fresh (new "
            "ones, drawn for each seed by each layer's initializer)."
        )
    return None


def _has(weights: Mapping[str, np.ndarray], key: str) -> bool:
    return any(name.startswith(f"{key}/") for name in weights)


def _starts_at_zero(graph: Graph, name: str) -> bool:
    key, variable = name.rsplit("/", 1)
    initializer = graph.layer(key).config.get(f"{variable.split('.', 1)[1]}_initializer")
    return isinstance(initializer, dict) and initializer.get("class_name") == "Zeros"


def weights_hash(weights: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of names and values, in hex."""
    found = hashlib.sha256()
    for name in sorted(weights):
        found.update(name.encode())
        found.update(np.ascontiguousarray(weights[name]).tobytes())
    return found.hexdigest()


def save_weights(weights: Mapping[str, np.ndarray], folder: Path) -> Path:
    """Writes kept initial weights where workers find them, by the hash of their content."""
    from safetensors.numpy import save_file

    path = folder / f"initial-{weights_hash(weights)[:16]}.safetensors"
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, temporary)
        temporary.replace(path)
    return path
