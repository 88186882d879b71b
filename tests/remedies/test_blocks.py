"""Where the blocks of published networks end."""

import keras
import pytest

from regimen.models.graph import Graph
from regimen.remedies.blocks import block_places

PLACES = {
    "VGG16": [(f"block{number}_pool", False) for number in range(1, 6)],
    "ResNet50": [(name, False) for name in ("pool1_pool", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out")],
    "ResNet50V2": [
        (name, False) for name in ("pool1_pool", "conv2_block2_out", "conv3_block3_out", "conv4_block5_out")
    ],
    "DenseNet121": [(name, False) for name in ("pool1", "pool2_pool", "pool3_pool", "pool4_pool")],
    "MobileNet": [(f"conv_pad_{number}", True) for number in (2, 4, 6, 12)],
    "MobileNetV2": [(f"block_{number}_expand", True) for number in (1, 3, 6, 13)],
    "EfficientNetB0": [(f"block{number}a_expand_conv", True) for number in (2, 3, 4, 6)],
}
"""Network → (layer, whether before it), one for each time that the resolution falls after the stem."""


@pytest.mark.parametrize("name", PLACES)
def test_one_place_for_each_time_that_the_resolution_falls(name):
    network = getattr(keras.applications, name)(input_shape=(64, 64, 3), weights=None, classes=3)
    assert block_places(Graph.from_keras(network)) == PLACES[name]
