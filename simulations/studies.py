"""Simulated studies: correctness of every arm, seed and image, drawn from effects of seeds, of images, and of both.

A run with seed s of arm a classifies image i correctly when

    mean_a + τ·D[i] + β·B[a, i] + γ·(√ρ·P[s] + √(1−ρ)·U[a, s]) + ε·E[a, s, i] > 0,

all letters standard normal. D makes most images always right or always wrong. B is what an arm makes of an image with
every seed (the image effect of a difference), P and U are lucky and unlucky seeds (P hits every arm alike, as pairing
by seed does), E is the rest. Every arm is compared with the one baseline, so comparisons are correlated. Since sums of
normals are normal, the accuracy over the population of seeds and images is Φ(mean_a / √(1 + γ²)) with
τ² + β² + ε² = 1: true differences are known exactly, and none means none.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from regimen.analysis.crossed import Crossed

_FAR = 5.5  # standard deviations of all that may turn an image: beyond, it is always right or always wrong


@dataclass(frozen=True)
class World:
    """Where studies come from.

    Attributes:
        accuracy: of the baseline, over the population of seeds and images, 0–1.
        seed_deviation: SD over seeds of the accuracy of an arm on infinitely many images, as a fraction.
        shared: share ρ of its variance that a seed does to every arm alike, 0–1.
        image_effect: β, what an arm makes of an image with every seed, 0–1.
        rest: ε, what changes with arm, seed and image, 0–1.
        tails: degrees of freedom of Student's t that the effects of seeds follow; None: normal.
    """

    accuracy: float
    seed_deviation: float
    shared: float
    image_effect: float
    rest: float
    tails: int | None = None

    @property
    def seed_scale(self) -> float:
        """γ: the SD on the scale of the latent sum, from that of the accuracy."""
        density = np.exp(-(ndtri(self.accuracy) ** 2) / 2) / np.sqrt(2 * np.pi)
        return self.seed_deviation / density

    def mean(self, difference: float = 0.0) -> float:
        """The mean of an arm whose true accuracy is that of the baseline plus `difference`."""
        return float(ndtri(self.accuracy + difference) * np.sqrt(1 + self.seed_scale**2))

    def arm_accuracy(self, mean: float) -> float:
        """Accuracy over the population of an arm with this mean."""
        return float(ndtr(mean / np.sqrt(1 + self.seed_scale**2)))

    def draw(self, rng: np.random.Generator, arms: int, seeds: int, images: int, difference: float = 0.0) -> np.ndarray:
        """One study.

        Args:
            rng: source of randomness.
            arms: besides the baseline.
            seeds: of every arm.
            images: of the validation part.
            difference: true difference of every arm from the baseline, as a fraction.

        Returns:
            int8 (arms, seeds, images drawn): arm minus baseline, −1, 0 or 1. Images that no arm and seed can turn
            are left out: their differences are zero.
        """
        own = self.image_effect**2 + self.rest**2
        spread = np.sqrt(max(0.0, 1 - own))
        reach = _FAR * np.sqrt(own + self.seed_scale**2)
        means = np.full(1 + arms, self.mean(difference), np.float32)
        means[0] = self.mean()
        difficulty = spread * rng.standard_normal(images, np.float32)
        middle = (means.max() + means.min()) / 2
        difficulty = difficulty[np.abs(difficulty + middle) < reach + np.ptp(means)]
        shape = (1 + arms, seeds, len(difficulty))
        latent = rng.standard_normal(shape, np.float32)
        latent *= np.float32(self.rest)
        taste = rng.standard_normal((1 + arms, 1, len(difficulty)), np.float32)
        latent += difficulty + np.float32(self.image_effect) * taste
        luck = np.sqrt(self.shared) * self._seeds(rng, (1, seeds)) + np.sqrt(1 - self.shared) * self._seeds(
            rng, (1 + arms, seeds)
        )
        threshold = -(means[:, None] + self.seed_scale * luck).astype(np.float32)
        correct = (latent > threshold[:, :, None]).view(np.int8)
        return correct[1:] - correct[0]

    def _seeds(self, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        if self.tails is None:
            return rng.standard_normal(shape)
        return rng.standard_t(self.tails, shape) / np.sqrt(self.tails / (self.tails - 2))


def mean_squares(differences: np.ndarray, images: int, seeds: int) -> list[Crossed]:
    """The layout of every arm, from its first seeds.

    Args:
        differences: int8 (arms, at least `seeds`, images drawn), as `World.draw` returns them.
        images: of the validation part, those left out included.
        seeds: how many of the seeds to use, ≥ 2.

    Returns:
        One layout per arm, as `regimen.analysis.crossed.crossed` would return it (its image_error up to 1/N).
    """
    used = differences[:, :seeds]
    by_seed = used.sum(axis=2, dtype=np.int64) / images  # (arms, seeds)
    by_image = used.sum(axis=1, dtype=np.int8).astype(np.float64)  # (arms, images drawn), sums over seeds
    by_square = np.abs(used).sum(axis=1, dtype=np.int8).astype(np.float64)  # squares of −1, 0 and 1
    squares = by_square.sum(axis=1)
    mean = by_seed.mean(axis=1)
    over_seeds = images * ((by_seed - mean[:, None]) ** 2).sum(axis=1)
    over_images = (by_image**2).sum(axis=1) / seeds - seeds * images * mean**2
    rest = squares - seeds * images * mean**2 - over_seeds - over_images
    component = (by_image / seeds) ** 2 - (by_square - by_image**2 / seeds) / (seeds * (seeds - 1))
    component_mean = component.sum(axis=1) / images
    spread = (component**2).sum(axis=1) / images - component_mean**2
    return [
        Crossed(
            float(mean[arm]),
            seeds,
            images,
            seed_variance=float(over_seeds[arm] / images / (seeds - 1)),
            image_variance=float(over_images[arm] / seeds / (images - 1)),
            rest_variance=float(max(0.0, rest[arm]) / ((seeds - 1) * (images - 1))),
            image_error=float((spread[arm] / images) ** 0.5),
        )
        for arm in range(len(differences))
    ]
