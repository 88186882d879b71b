"""Draws docs/images/augmentations.png: every remedy that changes images, seven times on the same photo.

    python docs/augmentations.py

The photos are the two that scikit-learn ships. What is drawn is what the engine trains on.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_image

from regimen.engine.mixing import Mixer
from regimen.engine.transforms import Pipeline
from regimen.models.graph import Graph
from regimen.plan import Plan, Scaling
from regimen.remedies import parse_arms

ARMS = (
    "flip",
    "shift=0.2",
    "rotate=20",
    "zoom=0.3",
    "colorjitter=0.4",
    "cutout=0.4",
    "mixup=0.4",
    "cutmix=1",
    "randaugment=9",
)
SEED = 2
SIDE = 96
DRAWS = 7
LABELS, GAP, HEADING = 160, 4, 24
"""Pixels: width of the column of labels, between images, height of the first line."""

TARGET = Path(__file__).parent / "images" / "augmentations.png"


def photo(name: str, left: int, top: int, side: int) -> np.ndarray:
    """A square of a sample photo, uint8 (SIDE, SIDE, 3)."""
    picture = Image.fromarray(load_sample_image(name)).crop((left, top, left + side, top + side))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def draws(arm: str, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """What the arm makes of the first photo in a batch in which most others are the second: uint8 (DRAWS, …)."""
    pixels = torch.from_numpy(np.stack([first] * DRAWS + [second] * 8 * DRAWS))
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.GlobalAveragePooling2D()])
    mean = ((first.mean((0, 1)) + second.mean((0, 1))) / 2).tolist()
    ((_, remedy),) = parse_arms(arm).items()
    plan, _ = remedy.apply(Plan(Graph.from_keras(model), scaling=Scaling("standard", tuple(mean), (64.0,))))
    transforms, mixer = Pipeline(plan.transforms, seed=SEED), Mixer(plan.mixing, seed=SEED)
    transforms.reseed(epoch=1)
    mixer.reseed(epoch=1)
    images, _ = mixer(transforms(pixels), torch.zeros(len(pixels), dtype=torch.int64))
    return images[:DRAWS].float().round().byte().numpy()


def draw(target: Path) -> None:
    """Writes the picture."""
    first, second = photo("china.jpg", 85, 30, 320), photo("flower.jpg", 90, 0, 400)
    step = SIDE + GAP
    sheet = Image.new("RGB", (LABELS + (DRAWS + 1) * step, HEADING + len(ARMS) * step), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    pen.text((LABELS + SIDE / 2, HEADING / 2), "original", "black", font, anchor="mm")
    for row, arm in enumerate(ARMS):
        top = HEADING + row * step
        pen.text((LABELS - 10, top + SIDE / 2), arm, "black", font, anchor="rm")
        for column, image in enumerate([first, *draws(arm, first, second)]):
            sheet.paste(Image.fromarray(image), (LABELS + column * step, top))
    sheet.quantize(256).save(target, optimize=True)  # 256 colours are enough, in a third of the bytes


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
