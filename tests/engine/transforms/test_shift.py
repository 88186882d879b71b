from collections import Counter

import numpy as np
import pytest
import torch

from regimen.engine.transforms.shift import shift

PAD_MODES = {"edge": "edge", "reflect": "reflect", "black": "constant"}


@pytest.mark.parametrize("fill", list(PAD_MODES))
def test_every_crop_of_the_padded_image_is_equally_likely(photos, stream, fill):
    image = photos[0].numpy()
    padded = np.pad(image, ((2, 2), (3, 3), (0, 0)), mode=PAD_MODES[fill])
    crops = {padded[y : y + 9, x : x + 12].tobytes() for y in range(5) for x in range(7)}
    moved = shift(photos[:1].expand(2000, -1, -1, -1), stream(), rows=2, columns=3, fill=fill)
    assert moved.dtype == torch.uint8
    counts = Counter(one.tobytes() for one in moved.numpy())
    assert set(counts) == crops
    assert max(abs(count - 2000 / 35) for count in counts.values()) < 4 * (2000 / 35) ** 0.5
