import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache, and none depends on another's."""
    monkeypatch.setenv("REGIMEN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def rng():
    return np.random.default_rng(0)
