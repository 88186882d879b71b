"""What contenders train on: arrays of one split, and models as ``.keras`` files, both as the product made them.

Photos are in a folder instead, as a user has them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import regimen as rg
from regimen.data import Dataset, split
from regimen.plan import Arm
from regimen.study.planning import plan_trial

SIDE = 32  # pixels, for cifar_cnn
LARGE = (64, 64)  # for ResNet50
PHOTO = (96, 96)
DEMONSTRATION = "digits-demo"


@dataclass(frozen=True)
class Material:
    """One part's training.

    Attributes:
        folder: holds x_train.npy, y_train.npy, x_val.npy, y_val.npy.
        source: the same as Regimen takes it, a dataset.npz; or a folder of photos, for which there are no arrays.
        models: one per arm: a file, or the name of a built-in network.
        training: number of images.
        validation: number of images.
        mean: per channel, of pixels 0–255.
        std: likewise.
        batch_size: images per step.
        learning_rate: of Adam.
        epochs: of every training.
    """

    folder: Path
    source: Path
    models: tuple[Path | str, ...]
    training: int
    validation: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    batch_size: int
    learning_rate: float
    epochs: int

    def settings(self) -> dict[str, Any]:
        """What every peer is told, as JSON."""
        return {
            "folder": str(self.folder),
            "source": str(self.source),
            "models": [str(path) for path in self.models],
            "mean": self.mean,
            "std": self.std,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "epochs": self.epochs,
        }


def block_dropout(images: Dataset, folder: Path, epochs: int) -> Material:
    """The CIFAR-10 network with dropout after each pooling."""
    arms = {"dropout": rg.Dropout(0.2, where="blocks")}
    study = rg.Study(images, model="cifar_cnn", arms=arms, scale="standard", learning_rate=1e-4, epochs=epochs)
    return _lay_out(study, folder, arms=slice(1, None))


def demonstration(folder: Path, epochs: int) -> Material:
    """Every arm of the digits demonstration."""
    return _lay_out(rg.Study.read(DEMONSTRATION, epochs=epochs), folder)


def resnet(images: Dataset, folder: Path, epochs: int) -> Material:
    """ResNet50 of ``keras.applications``, images enlarged to 64×64."""
    import keras

    larger = np.stack([np.asarray(Image.fromarray(image).resize(LARGE)) for image in images.train.images])
    data = Dataset.from_arrays(larger, images.train.labels)
    model = keras.applications.ResNet50(weights=None, input_shape=(*LARGE, 3), classes=len(data.class_names))
    return _lay_out(rg.Study(data, model=model, arms=[], scale="standard", weights="fresh", epochs=epochs), folder)


def photo_folder(images: Dataset, folder: Path, count: int) -> Material:
    """So many photos of 96×96 pixels in class folders, for one epoch of `residual_cnn`.

    Args:
        images: enlarged; where they are too few they come again, moved to the side.
        folder: a new one.
        count: of photos.
    """
    for number in range(count):
        moved, position = divmod(number, len(images.train.labels))
        name = images.class_names[images.train.labels[position]]
        (folder / name).mkdir(parents=True, exist_ok=True)
        photo = Image.fromarray(np.roll(images.train.images[position], moved, axis=1)).resize(PHOTO)
        photo.save(folder / name / f"{number}.jpg")
    validation = math.ceil(0.3 * count)
    sizes = {"training": count - validation, "validation": validation, "batch_size": 32, "epochs": 1}
    return Material(folder, folder, ("residual_cnn",), mean=(), std=(), learning_rate=1e-3, **sizes)


def photos(source: str, count: int) -> Dataset:
    """At most so many of a source's training images, 32×32 RGB, each class in the same proportion.

    Raises:
        RegimenError: the source cannot be loaded, or the number does not suit it.
    """
    train = (dataset := rg.load(source, image_size=SIDE, channels=3)).train
    parts = split(dataset, train_size=min(count, len(train.labels)))
    chosen = np.sort(np.concatenate([parts.training, parts.validation]))
    return Dataset.from_arrays(np.asarray(train.images[chosen]), train.labels[chosen])


def _lay_out(study: rg.Study, folder: Path, arms: slice = slice(None)) -> Material:
    """Writes arrays and the models of some arms into a new folder."""
    folder.mkdir()
    trial = plan_trial(study)
    train, parts, plan = trial.dataset.train, trial.split, trial.baseline
    order = np.concatenate([parts.training, parts.validation])
    images, labels, count = train.images[order], train.labels[order], len(parts.training)
    for name, array in (("x", images), ("y", labels)):
        np.save(folder / f"{name}_train.npy", array[:count])
        np.save(folder / f"{name}_val.npy", array[count:])
    positions = np.arange(count, len(order))
    source = folder / "dataset.npz"
    np.savez(source, x_train=images, y_train=labels, validation_positions=positions)
    return Material(
        folder,
        source,
        tuple(_saved(trial.arms[arms], folder)),
        *(count, len(positions), plan.scaling.mean, plan.scaling.std),
        *(plan.batch_size, plan.optimizer.learning_rate, plan.epochs),
    )


def _saved(arms: Iterable[Arm], folder: Path) -> Iterable[Path]:
    """The arms' models; a shift of images is the Keras layer that its card names."""
    for arm in arms:
        graph, (height, width, _) = arm.plan.graph, arm.plan.graph.input_shape
        first = next(layer.key for layer in graph.layers if layer.class_name == "InputLayer")
        for transform in arm.plan.transforms:
            if transform.kind != "shift":
                raise ValueError(f"There is no Keras layer here for {transform.kind!r} of the arm {arm.name!r}.")
            settings = {"fill_mode": "nearest", "interpolation": "nearest"}
            settings["height_factor"] = transform.settings["rows"] / height
            settings["width_factor"] = transform.settings["columns"] / width
            graph = graph.insert_after(first, "keras.layers.RandomTranslation", transform.kind, settings)
        path = folder / f"{arm.name}.keras"
        graph.to_keras().save(path)
        yield path
