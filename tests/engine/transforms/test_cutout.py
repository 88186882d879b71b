import numpy as np
import pytest
import torch

from regimen.engine.transforms.cutout import cutout


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 5), (9, 12), (1, 1)])
def test_a_rectangle_around_every_pixel_equally_often_cut_off_at_the_border(stream, rows, columns):
    images = torch.zeros(4000, 9, 12, 1, dtype=torch.uint8)
    covered = cutout(images, stream(), rows=rows, columns=columns, color=[200.0])[..., 0].numpy() == 200
    expected = np.zeros((9 * 12, 9, 12), dtype=bool)
    for index, mask in enumerate(expected):
        top, left = index // 12 - rows // 2, index % 12 - columns // 2
        mask[max(top, 0) : top + rows, max(left, 0) : left + columns] = True
    masks = {mask.tobytes(): 0 for mask in expected}
    for mask in covered:
        masks[mask.tobytes()] += 1  # no other mask is possible
    share = expected.mean((0,))
    assert np.abs(covered.mean(0) - share).max() < 4.5 * (share * (1 - share) / 4000).max() ** 0.5 + 1e-9


def test_the_colour_of_each_channel_covers_and_the_rest_stays(photos, stream):
    color = torch.tensor([0.5, 130.25, 255.0])
    changed = cutout(photos, stream(), rows=4, columns=6, color=color.tolist())
    covered = (changed == color).all(-1)
    assert covered.any()
    assert torch.equal(changed[~covered], photos[~covered].float())
