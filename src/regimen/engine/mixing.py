"""Blends of two training images and of their labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from regimen.plan import Mixing
from regimen.seeds import derive


@dataclass(frozen=True, eq=False)
class Targets:
    """What a batch of training images should be classified as.

    Attributes:
        labels: int64 (B,).
        partners: int64 (B,), the labels of the images that were blended in; None where none were.
        share: float32 (B,), how much of each image is of its own label, 0–1; the rest is of the partner's.
    """

    labels: Tensor
    partners: Tensor | None = None
    share: Tensor | None = None

    def mean(self, loss: Callable[[Tensor], Tensor], class_weights: Tensor | None = None) -> Tensor:
        """The mean of a loss over the batch, a scalar; cross-entropy is linear in the labels, so that shares weigh.

        Args:
            loss: labels (B,) → losses (B,).
            class_weights: float32 (classes,), by which losses are multiplied, those of blends by that of the likeliest
                label: as Keras does, which divides by the number of images all the same. None weighs nothing.
        """
        losses = loss(self.labels)
        if self.partners is not None:
            losses = self.share * losses + (1 - self.share) * loss(self.partners)
        return (losses if class_weights is None else losses * class_weights[self.likeliest]).mean()

    @property
    def likeliest(self) -> Tensor:
        """int64 (B,), the label that has the larger share: training accuracy counts it, as Keras' categorical one."""
        if self.partners is None:
            return self.labels
        return torch.where(self.share >= 0.5, self.labels, self.partners)


def mixup(images: Tensor, partners: Tensor, share: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Weighted means of two images.

    Source: Zhang, Cissé, Dauphin & Lopez-Paz (2018), mixup: beyond empirical risk minimization, ICLR. As in Keras'
    layer, each image has a weight of its own, where the paper draws one for the batch.

    Args:
        images: float32 (B, H, W, C).
        partners: likewise.
        share: float32 (B,), weight of the first.
        rng: not used.

    Returns:
        The blend and the share of the first image's label.
    """
    return torch.lerp(partners, images, share[:, None, None, None]), share


def cutmix(images: Tensor, partners: Tensor, share: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A rectangle of the second image pasted into the first.

    Its sides are √(1 − share) of the image's, its centre is uniform over the image, and what lies outside is cut off;
    the label's share is the area that is left.

    Source: Yun et al. (2019), CutMix: regularization strategy to train strong classifiers with localizable features,
    ICCV.

    Args:
        images: float32 (B, H, W, C).
        partners: likewise.
        share: float32 (B,), of the first, before the rectangle is cut off at the borders.
        rng: the stream of this batch.

    Returns:
        The blend and the share of the first image's label.
    """
    _, height, width, _ = images.shape
    side = (1 - share).sqrt()
    rows, columns = (_inside(size, side, rng) for size in (height, width))
    pasted = rows[:, :, None] & columns[:, None, :]  # (B, H, W)
    return torch.where(pasted[..., None], partners, images), 1 - pasted.float().mean((1, 2))


def _inside(size: int, side: Tensor, rng: np.random.Generator) -> Tensor:
    """bool (B, size): which pixels of an axis lie within a stretch of ``side`` · size around a random centre."""
    centre = torch.as_tensor(rng.integers(0, size, len(side)))
    half = (side * size / 2).long()
    position = torch.arange(size)[None, :]
    return (position >= (centre - half)[:, None]) & (position < (centre + half)[:, None])


MIXINGS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {"cutmix": cutmix, "mixup": mixup}


class Mixer:
    """A plan's blends with their stream of random numbers.

    Args:
        mixings: of the plan; each batch draws one of several.
        seed: of the run.
    """

    def __init__(self, mixings: Sequence[Mixing], seed: int) -> None:
        self.mixings, self.seed = mixings, seed
        self.rng = np.random.default_rng()

    def reseed(self, epoch: int) -> None:
        """Sets the stream for one epoch."""
        self.rng = np.random.default_rng(derive(self.seed, "mixing", epoch))

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Targets]:
        """Blends a batch with itself in another order.

        Args:
            images: uint8 or float32 (B, H, W, C).
            labels: int64 (B,).
        """
        if not self.mixings:
            return images, Targets(labels)
        mixing = self.mixings[self.rng.integers(len(self.mixings))]
        chosen = self.rng.random() < mixing.probability
        share = torch.as_tensor(self.rng.beta(mixing.alpha, mixing.alpha, len(labels))).float()
        order = torch.as_tensor(self.rng.permutation(len(labels)))
        if not chosen:
            return images, Targets(labels)
        images = images.float()
        blend, share = MIXINGS[mixing.kind](images, images[order], share, self.rng)
        return blend, Targets(labels, labels[order], share)
