from dataclasses import replace

import numpy as np
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.plan import Scaling
from regimen.remedies import GaussianNoise


def test_noise_is_added_to_the_scaled_pixels(make_plan):
    plan = make_plan(layers.Rescaling(1 / 255, name="scale"), layers.Flatten(), layers.Dense(2))
    graph = GaussianNoise(0.25).apply(plan)[0].graph
    assert [call.layer for call in graph.calls][1:3] == ["scale", "scale_gaussiannoise"]
    noise = graph.to_keras().get_layer("scale_gaussiannoise")
    images = np.zeros((40, 8, 8, 2), dtype="float32")
    added = noise(images, training=True).detach().numpy()
    assert added.std() == pytest.approx(0.25, rel=0.05)
    assert added.mean() == pytest.approx(0, abs=0.02)
    np.testing.assert_array_equal(noise(images, training=False), images)


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("blocks", ["block1_pool: GaussianNoise(0.1) after it", "block2_pool: GaussianNoise(0.1) after it"]),
        ("head", ["flatten: GaussianNoise(0.1) before it"]),
        ("dense", ["hidden: GaussianNoise(0.1) before it"]),
        ("hidden", ["hidden: GaussianNoise(0.1) after it"]),
        ("input", ["image: GaussianNoise(0.1) after it"]),
    ],
)
def test_places(plan, where, changes):
    assert list(GaussianNoise(where=where).apply(plan)[1].changes) == changes


@pytest.mark.parametrize("stddev", [-0.1, 1.5, float("inf"), "0.1", None])
def test_out_of_range(stddev):
    with pytest.raises(RemedyError, match="gaussiannoise: stddev must be a number, at least 0 and at most 1; received"):
        GaussianNoise(stddev)


def test_pixels_that_nothing_scales_are_refused(make_plan):
    plan = replace(make_plan(layers.Flatten(), layers.Dense(2)), scaling=Scaling())
    with pytest.raises(RemedyError, match=r"unscaled \(0–255\), where noise of 0.1 does nothing.*scale standard"):
        GaussianNoise().apply(plan)
    GaussianNoise(where="flatten*").apply(plan)
    GaussianNoise().apply(
        replace(make_plan(layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)), scaling=Scaling())
    )
