import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "simulations"


@pytest.fixture(scope="session", autouse=True)
def _scripts():
    """Simulations are scripts beside the package, and import each other by name."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))
