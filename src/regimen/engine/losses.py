"""Cross-entropies, taken from logits, and the probabilities that logits stand for."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Loss = Callable[..., Tensor]


def categorical(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of class indices: Keras' sparse and, on one-hot labels, categorical cross-entropy.

    Args:
        logits: float (B, classes).
        labels: int64 (B,).
        smoothing: share of each label that is spread evenly over all classes, 0–1.

    Returns:
        float32 (B,), in nats.
    """
    return F.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=smoothing)


def binary(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Keras' binary cross-entropy.

    Args:
        logits: float (B, 1), of class 1.
        labels: int64 (B,), 0 or 1.
        smoothing: share of each label that is spread evenly over both classes, 0–1.

    Returns:
        float32 (B,), in nats.
    """
    targets = labels.float() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits.float()[:, 0], targets, reduction="none")


LOSSES: dict[str, Loss] = {"binary": binary, "categorical": categorical}


def probabilities(loss: str, logits: Tensor) -> Tensor:
    """float32 (B, classes); two columns for a binary loss."""
    if loss == "binary":
        second = torch.sigmoid(logits.float())
        return torch.cat([1 - second, second], dim=1)
    return F.softmax(logits.float(), dim=1)


def correct(loss: str, logits: Tensor, labels: Tensor) -> Tensor:
    """bool (B,): whether the most probable class is the label's."""
    predicted = (logits[:, 0] > 0).long() if loss == "binary" else logits.argmax(1)
    return predicted == labels
