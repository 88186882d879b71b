"""Trains the CIFAR-10 network with a careful plain PyTorch loop: ``python plain_torch.py SETTINGS.json``.

Images stay uint8 and are gathered per batch with ``index_select``; channels last; autocast for bfloat16; fused Adam;
gradients set to none; validation in large batches; nothing in a step waits for a number. Prints one line of JSON per
finished epoch.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

VALIDATION_BATCH = 500
BLOCKS = ((3, 32), (32, 64), (64, 128))  # channels before and after

Settings = dict[str, Any]


def main() -> None:
    """Reads the settings and trains."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if settings["core"] is not None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {settings["core"]})
        torch.set_num_threads(1)
    train(settings)


def network(side: int, classes: int, rate: float = 0.2) -> nn.Sequential:
    """Three blocks of two convolutions, pooling and dropout; dense 256."""
    layers: list[nn.Module] = []
    for before, after in BLOCKS:
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(after, after, 3, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.MaxPool2d(2), nn.Dropout(rate)]
    features = BLOCKS[-1][1] * (side // 2 ** len(BLOCKS)) ** 2
    layers += [nn.Flatten(), nn.Linear(features, 256), nn.ReLU(inplace=True), nn.Linear(256, classes)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def train(settings: Settings) -> None:
    """Trains all epochs."""
    folder = Path(settings["folder"])
    pixels, labels, val_pixels, val_labels = (
        torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("x_train", "y_train", "x_val", "y_val")
    )
    mean, std = (torch.tensor(settings[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    model = network(pixels.shape[1], int(labels.max()) + 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"], fused=True)
    size, count = settings["batch_size"], len(labels)

    def logits(batch: Tensor) -> Tensor:
        """uint8 (B, H, W, C), which permuted is channels last, → float32 (B, classes)."""
        images = (batch.permute(0, 3, 1, 2) - mean) / std
        with torch.autocast("cpu", torch.bfloat16, enabled=settings["precision"] == "bfloat16"):
            return model(images).float()

    for epoch in range(1, settings["epochs"] + 1):
        model.train()
        loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for indices in torch.randperm(count).split(size):
            found, wanted = logits(pixels.index_select(0, indices)), labels.index_select(0, indices)
            loss = cross_entropy(found, wanted)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(indices)
            right += (found.detach().argmax(1) == wanted).sum()
        model.eval()
        with torch.inference_mode():
            outputs = torch.cat([logits(batch) for batch in val_pixels.split(VALIDATION_BATCH)])
            metrics = {
                "accuracy": right.item() / count,
                "loss": loss_sum.item() / count,
                "val_accuracy": (outputs.argmax(1) == val_labels).float().mean().item(),
                "val_loss": cross_entropy(outputs, val_labels).item(),
            }
        print(json.dumps({"training": 0, "epoch": epoch, **metrics}), flush=True)


if __name__ == "__main__":
    main()
