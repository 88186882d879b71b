"""A run's images: which, in what order, scaled how."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from regimen.plan import Scaling
from regimen.seeds import derive


@dataclass(frozen=True, eq=False)
class Images:
    """Some images of a memory-mapped array, with their labels.

    Attributes:
        pixels: uint8 (N, H, W, C), the whole array.
        labels: int64 (N,), likewise.
        indices: int64 (M,), which of them.
    """

    pixels: Tensor
    labels: Tensor
    indices: Tensor

    @classmethod
    def of(cls, pixels: np.ndarray, labels: np.ndarray, indices: np.ndarray | None = None) -> "Images":
        """From arrays as a dataset and a split hold them; all images without indices."""
        indices = np.arange(len(labels)) if indices is None else indices
        return cls(torch.from_numpy(pixels), torch.from_numpy(labels), torch.from_numpy(np.asarray(indices, np.int64)))

    def __len__(self) -> int:
        return len(self.indices)

    def to(self, device: str) -> "Images":
        """The same images on a device: the whole array."""
        return Images(*(tensor.to(device) for tensor in (self.pixels, self.labels, self.indices)))

    def sample(self, count: int) -> "Images":
        """A fixed sample, the same in every run of a study."""
        order = np.random.default_rng(derive(0, "clean sample")).permutation(len(self))[:count]
        return Images(self.pixels, self.labels, self.indices[torch.as_tensor(np.sort(order))])

    def shuffled(self, batch_size: int, seed: int, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches in the order that (seed, epoch) determine, the same for every arm; the last may be smaller."""
        order = np.random.default_rng(derive(seed, "order", epoch)).permutation(len(self))
        return self._batches(self.indices[torch.as_tensor(order)], batch_size)

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches in the order of the indices."""
        return self._batches(self.indices, batch_size)

    def _batches(self, indices: Tensor, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in indices.split(batch_size):
            yield self.pixels.index_select(0, batch), self.labels.index_select(0, batch)


class Scaler:
    """Turns pixels into what the network sees.

    Args:
        scaling: of the plan.
    """

    def __init__(self, scaling: Scaling) -> None:
        self.mean = torch.tensor(scaling.mean, dtype=torch.float32)
        self.factor = 1 / torch.tensor(scaling.std, dtype=torch.float32)

    def __call__(self, pixels: Tensor) -> Tensor:
        """uint8 or float32 (B, H, W, C) → float32, the same shape."""
        return (pixels - self.mean).mul_(self.factor)


def inference_batch(height: int, width: int, batch_size: int) -> int:
    """Images per batch without gradients: at most 256 and about 2¹⁸ pixels, so that activations stay in the cache."""
    return max(batch_size, min(256, 2**18 // (height * width)))
