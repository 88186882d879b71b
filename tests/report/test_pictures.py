import base64
import io

import numpy as np
import pytest
from PIL import Image

from regimen.report.pictures import LARGEST, ROOM, data_urls


def decoded(url):
    kind, data = url.split(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


@pytest.mark.parametrize("channels", [1, 3])
def test_small_pictures_are_exact(rng, channels):
    image = rng.integers(0, 256, (8, 10, channels), np.uint8)
    (url,) = data_urls({5: image}, [4, 5]).values()
    np.testing.assert_array_equal(decoded(url), np.broadcast_to(image, (8, 10, 3)))


def test_large_ones_are_made_smaller_and_keep_their_shape():
    ramp = np.broadcast_to(np.linspace(0, 255, 300).astype(np.uint8)[None, :, None], (200, 300, 3))
    shown = decoded(data_urls({0: ramp}, [0])[0])
    assert shown.shape == (64, LARGEST, 3)
    assert abs(shown[32, :, 0] - np.linspace(0, 255, LARGEST)).max() < 8


def test_all_together_stay_within_bounds(rng):
    noise = {index: rng.integers(0, 256, (96, 96, 3), np.uint8) for index in range(100)}
    found = data_urls(noise, range(100))
    assert list(found) == list(range(len(found)))
    assert ROOM - 20_000 < sum(map(len, found.values())) <= ROOM
