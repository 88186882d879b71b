"""Imports Keras in a way that works without TensorFlow."""

import os
from types import ModuleType

from regimen.errors import ModelError


def import_keras() -> ModuleType:
    """Keras, on its torch backend unless the user chose another (``import regimen`` sees to that).

    Raises:
        ModelError: the chosen backend cannot be imported.
    """
    try:
        import keras
    except ImportError as error:
        raise ModelError(
            f"Keras cannot be imported with KERAS_BACKEND={os.environ.get('KERAS_BACKEND')!r}: {error}. "
            "Set KERAS_BACKEND=torch, or install that backend."
        ) from error
    return keras
