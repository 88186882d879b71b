import numpy as np
import pytest
import torch


@pytest.fixture
def photos():
    """Four smooth uint8 images (4, 9, 12, 3), so that an error of half a pixel shows and rounding does not."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:9, 0:12][..., None]
    waves = np.sin(rng.uniform(0.2, 0.9, (4, 1, 1, 3)) * y + rng.uniform(0.2, 0.9, (4, 1, 1, 3)) * x)
    return torch.from_numpy((127.5 + 120 * waves).astype(np.uint8))


@pytest.fixture
def stream():
    """A generator with a seed."""
    return lambda seed=0: torch.Generator().manual_seed(seed)
