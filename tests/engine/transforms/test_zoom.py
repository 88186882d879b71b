import numpy as np
import scipy.stats
import torch

from regimen.engine.transforms.zoom import zoom


def test_the_part_shown_is_uniform_and_the_same_of_both_sides(stream):
    """The ramps from the centre to the left and to the top become steeper by the factor."""
    side = torch.arange(21).float()
    ramps = torch.stack(torch.meshgrid(side, side, indexing="ij"), -1) * 10  # (21, 21, 2)
    shown = zoom(ramps.expand(800, -1, -1, -1), stream(), fraction=0.4, fill="edge")
    down = (shown[:, 11, 10, 0] - shown[:, 10, 10, 0]) / 10
    right = (shown[:, 10, 11, 1] - shown[:, 10, 10, 1]) / 10
    torch.testing.assert_close(down, right, atol=1e-3, rtol=0)
    assert scipy.stats.kstest(down.numpy(), scipy.stats.uniform(0.6, 0.8).cdf).pvalue > 0.01
    assert np.ptp(down.numpy()) > 0.7
