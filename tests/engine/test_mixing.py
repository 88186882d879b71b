"""Mixup and CutMix against their formulas."""

import keras
import numpy as np
import pytest
import torch
from scipy import stats

from regimen.engine.losses import LOSSES
from regimen.engine.mixing import MIXINGS, Mixer, Targets, cutmix, mixup
from regimen.plan import Mixing


@pytest.fixture
def batch(rng):
    images = torch.from_numpy(rng.integers(0, 256, (64, 10, 6, 3), dtype=np.uint8))
    return images, torch.from_numpy(rng.integers(0, 5, 64))


def mixed(batch, *mixings, seed=0, epoch=1):
    mixer = Mixer(mixings, seed)
    mixer.reseed(epoch)
    return mixer(*batch)


def test_without_mixing_nothing_changes(batch):
    images, targets = mixed(batch)
    assert images is batch[0]
    assert targets.partners is None
    assert targets.likeliest is batch[1]


def test_mixup_blends_images_as_it_blends_labels(batch):
    images, targets = mixed(batch, Mixing("mixup", 0.4))
    original = batch[0].numpy().astype(float)
    for index in range(64):
        share = targets.share[index].item()
        candidates = np.flatnonzero((batch[1] == targets.partners[index]).numpy())
        blends = share * original[index] + (1 - share) * original[candidates]
        assert np.abs(blends - images[index].numpy()).max(axis=(1, 2, 3)).min() < 1e-3


def test_cutmix_pastes_a_rectangle_whose_area_is_the_partners_share(batch):
    images, targets = mixed(batch, Mixing("cutmix", 1.0))
    original = batch[0].float()
    for index in range(64):
        pasted = (images[index] != original[index]).any(-1)
        if not pasted.any():
            continue
        rows, columns = torch.nonzero(pasted, as_tuple=True)
        height, width = (int(axis.max() - axis.min()) + 1 for axis in (rows, columns))
        assert pasted.sum() >= 0.9 * height * width  # a pixel may be alike in both images
        assert 1 - targets.share[index].item() == pytest.approx(height * width / 60, abs=0.02)
        candidates = original[batch[1] == targets.partners[index]]
        assert (torch.where(pasted[..., None], candidates, images[index]) == images[index]).all((1, 2, 3)).any()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_follow_beta(alpha):
    images, labels = torch.zeros(2000, 1, 1, 1), torch.zeros(2000, dtype=torch.int64)
    _, targets = mixed((images, labels), Mixing("mixup", alpha))
    assert stats.kstest(targets.share.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 0.001


def test_rectangles_of_cutmix_have_sides_of_the_root_of_their_area(rng):
    images, partners = torch.zeros(400, 40, 40, 1), torch.ones(400, 40, 40, 1)
    share = torch.full((400,), 0.75)
    blend, left = cutmix(images, partners, share, rng)
    areas = blend.mean((1, 2, 3))
    assert torch.allclose(1 - left, areas)
    assert areas.max() == pytest.approx(0.25)  # whole, where nothing is cut off
    rows, columns = blend[..., 0].amax(2).sum(1), blend[..., 0].amax(1).sum(1)
    assert rows.max() == columns.max() == 20
    # the centre is uniform: an edge cuts off on average 1/8 of a side that is half of the image's
    assert rows.mean().item() == pytest.approx(20 * 7 / 8, abs=0.5)


def test_probability_and_alternation(batch):
    def kinds(*mixings):
        mixer = Mixer(mixings, 0)
        mixer.reseed(1)
        found = []
        for _ in range(300):
            images, targets = mixer(*batch)
            whole = targets.partners is None
            found.append("none" if whole else "mixup" if (images % 1).any() else "cutmix")
        return {kind: found.count(kind) / 300 for kind in set(found)}

    assert kinds(Mixing("mixup", 1.0, 0.25))["none"] == pytest.approx(0.75, abs=0.08)
    both = kinds(Mixing("mixup", 1.0), Mixing("cutmix", 1.0))
    assert set(both) == {"mixup", "cutmix"}
    assert both["mixup"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", MIXINGS)
def test_the_stream_depends_on_seed_and_epoch(batch, kind):
    first, again, later, other = (
        mixed(batch, Mixing(kind, 1.0), seed=seed, epoch=epoch)[0] for seed, epoch in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, later)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_two_labels_is_that_of_the_soft_one(rng, loss, smoothing):
    classes = 2 if loss == "binary" else 4
    labels, partners = (torch.from_numpy(rng.integers(0, classes, 9)) for _ in range(2))
    share = torch.from_numpy(rng.random(9)).float()
    logits = torch.from_numpy(rng.normal(size=(9, 1 if loss == "binary" else classes))).float()
    ours = Targets(labels, partners, share).mean(lambda y: LOSSES[loss](logits, y, smoothing))
    if loss == "binary":
        soft = (share * labels + (1 - share) * partners)[:, None]
        theirs = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)(soft, logits)
    else:
        one_hot = torch.eye(classes)
        soft = share[:, None] * one_hot[labels] + (1 - share)[:, None] * one_hot[partners]
        theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)(soft, logits)
    assert ours.item() == pytest.approx(float(theirs), rel=1e-5)


def test_a_blend_weighs_as_its_likeliest_class():
    targets = Targets(torch.tensor([0, 1]), torch.tensor([1, 0]), torch.tensor([0.75, 0.75]))
    losses = {0: torch.tensor([1.0, 2.0]), 1: torch.tensor([3.0, 4.0])}
    mean = targets.mean(lambda labels: losses[labels[0].item()], torch.tensor([10.0, 100.0]))
    assert mean.item() == (10 * (0.75 * 1 + 0.25 * 3) + 100 * (0.75 * 2 + 0.25 * 4)) / 2


def test_the_likeliest_label_has_the_larger_share():
    targets = Targets(torch.tensor([0, 1, 2]), torch.tensor([3, 3, 3]), torch.tensor([0.7, 0.5, 0.1]))
    assert targets.likeliest.tolist() == [0, 1, 3]


def test_mixup_of_shares_one_and_zero(rng):
    images, partners = torch.zeros(2, 1, 1, 1), torch.ones(2, 1, 1, 1)
    blend, share = mixup(images, partners, torch.tensor([1.0, 0.0]), rng)
    assert blend.flatten().tolist() == [0.0, 1.0]
    assert share.tolist() == [1.0, 0.0]
