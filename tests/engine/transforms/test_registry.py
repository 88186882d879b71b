"""What every transform does, and the pipeline that runs several."""

import inspect

import pytest
import torch

from regimen.engine.transforms import TRANSFORMS, Pipeline
from regimen.plan import Transform

SETTINGS = {
    "colorjitter": {"amount": 0.5},
    "cutout": {"rows": 5, "columns": 3, "color": [120.5, 3.0, 250.0]},
    "flip": {"probability": 0.5, "direction": "vertical"},
    "randaugment": {"magnitude": 7, "operations": 3, "color": [127.5]},
    "rotate": {"degrees": 60, "fill": "edge"},
    "shift": {"rows": 2, "columns": 3, "fill": "black"},
    "zoom": {"fraction": 0.4, "fill": "reflect"},
}
every_transform = pytest.mark.parametrize("kind", list(TRANSFORMS))


@every_transform
def test_batches_come_out_as_they_went_in_and_from_uint8_as_from_float(kind, photos, stream):
    before = photos.clone()
    numbers = photos.float()
    ours = TRANSFORMS[kind](photos, stream(), **SETTINGS[kind])
    again = TRANSFORMS[kind](numbers, stream(), **SETTINGS[kind])
    assert ours.shape == photos.shape
    assert ours.dtype in (torch.uint8, torch.float32)
    assert torch.equal(ours.float(), again)
    assert torch.equal(photos, before)
    assert torch.equal(numbers, before.float())
    assert (again >= 0).all()
    assert (again <= 255).all()
    assert not torch.equal(again, numbers)


@every_transform
def test_the_seed_decides_every_bit(kind, photos, stream):
    first, second, other = (TRANSFORMS[kind](photos, stream(seed), **SETTINGS[kind]) for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@every_transform
@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (3, 5, 7, 1), (2, 6, 6, 2)])
def test_grey_images_odd_sizes_and_a_batch_of_one(kind, shape, stream):
    images = torch.randint(0, 256, shape, generator=stream(), dtype=torch.uint8)
    settings = {**SETTINGS[kind], **({"color": [7.0]} if "color" in SETTINGS[kind] else {})}
    changed = TRANSFORMS[kind](images, stream(1), **settings)
    assert changed.shape == shape
    assert changed.float().isfinite().all()


@every_transform
def test_each_image_has_its_own_draw(kind, photos, stream):
    alike = photos[:1].expand(64, -1, -1, -1)
    changed = TRANSFORMS[kind](alike, stream(), **SETTINGS[kind])
    assert len(torch.unique(changed.flatten(1), dim=0)) > (1 if kind == "flip" else 8)


@every_transform
def test_settings_are_the_parameters(kind):
    parameters = inspect.signature(TRANSFORMS[kind]).parameters.values()
    assert set(SETTINGS[kind]) == {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}


def test_a_pipeline_draws_anew_in_every_epoch_and_alike_in_the_same(photos):
    transforms = [Transform(kind, settings) for kind, settings in SETTINGS.items()]
    first, second = Pipeline(transforms, seed=5), Pipeline(transforms, seed=5)
    batches = []
    for pipeline, epoch in [(first, 1), (first, 2), (second, 2), (Pipeline(transforms, seed=6), 2)]:
        pipeline.reseed(epoch)
        batches.append([pipeline(photos), pipeline(photos)])
    assert all(torch.equal(*pair) for pair in zip(batches[1], batches[2], strict=True))
    assert not torch.equal(batches[0][0], batches[1][0])
    assert not torch.equal(batches[1][0], batches[1][1])
    assert not torch.equal(batches[2][0], batches[3][0])
