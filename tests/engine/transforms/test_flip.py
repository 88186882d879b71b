import numpy as np
import pytest
import torch

from regimen.engine.transforms.flip import flip


@pytest.mark.parametrize(("direction", "mirror"), [("horizontal", np.fliplr), ("vertical", np.flipud)])
@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_so_many_images_are_mirrored_and_the_others_as_they_were(photos, stream, direction, mirror, probability):
    image = photos[0].numpy()
    flipped = flip(photos[:1].expand(1000, -1, -1, -1), stream(), probability=probability, direction=direction).numpy()
    mirrored = (flipped == mirror(image)).all((1, 2, 3))
    assert ((flipped == image).all((1, 2, 3)) ^ mirrored).all()
    assert abs(mirrored.mean() - probability) <= 4 * (probability * (1 - probability) / 1000) ** 0.5
    assert torch.equal(photos[0], torch.from_numpy(image))
