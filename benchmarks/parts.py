"""The parts of the benchmark: what is trained, by whom, and what is to be reached."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import material
from contenders import OURS, OURS_FLOAT32, Stage, keras_name, torch_name
from material import Material
from rates import Result, extrapolated, whole
from running import Contender

MEMORY_EPOCHS = 2
WORKER_LIMIT, PHOTOS_LIMIT = 2**30, 3 * 2**30
"""Bytes that a worker of ours should stay below, and all of our processes with a folder of photos."""

TENSORFLOW, TENSORFLOW_MIXED = keras_name("tensorflow", "float32"), keras_name("tensorflow", "bfloat16")
TENSORFLOW_EACH, TENSORFLOW_MIXED_EACH = (
    keras_name("tensorflow", precision, each_core=True) for precision in ("float32", "bfloat16")
)


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes:
        title: as the page shows it.
        material: makes what is trained on, from the options and in a new folder.
        contenders: who trains it.
        comparisons: ours, theirs, and how many times their trainings per hour are to be reached; None sets no target.
        whole: whether contenders do all trainings of a study, and not fewer epochs of some.
        memory: whether it is memory that counts, and not time; then there is one round.
        limit: bytes that ours should stay below in all; None sets no target.
        profile: whether a step of ours is taken apart.
    """

    title: str
    material: Callable[[argparse.Namespace, Path], Material]
    contenders: Callable[[Stage, Material], list[Contender]]
    comparisons: tuple[tuple[str, str, float | None], ...] = ()
    whole: bool = False
    memory: bool = False
    limit: int | None = None
    profile: bool = False

    def trainings_per_hour(self, result: Result, sizes: Mapping[str, int]) -> float:
        """Of a contender, whose result and whose part's sizes are given."""
        return whole(result, sizes["trainings"]) if self.whole else extrapolated(result)


def _block_dropout(given: argparse.Namespace, folder: Path) -> Material:
    return material.block_dropout(material.photos(given.data, given.images), folder, given.epochs)


def _block_dropout_briefly(given: argparse.Namespace, folder: Path) -> Material:
    return replace(_block_dropout(given, folder), epochs=MEMORY_EPOCHS)


def _block_dropout_contenders(stage: Stage, made: Material) -> list[Contender]:
    fastest = stage.precisions[-1]
    return [
        *(stage.keras(made, backend, each) for backend in ("tensorflow", "torch", "jax") for each in stage.precisions),
        stage.keras(made, "tensorflow", fastest, each_core=True),
        *(stage.torch(made, each) for each in stage.precisions),
        stage.torch(made, fastest, each_core=True),
        stage.ours(made, OURS_FLOAT32, "float32"),
        stage.ours(made, OURS),
    ]


def _demonstration(given: argparse.Namespace, folder: Path) -> Material:
    made = material.demonstration(folder, given.demo_epochs)
    return replace(made, models=made.models * given.demo_seeds)


def _demonstration_contenders(stage: Stage, made: Material) -> list[Contender]:
    keras = [stage.keras(made, "tensorflow", "float32", each_core=each) for each in (False, True)]
    return [*keras, stage.demonstration(made.epochs, seeds=made.models.count(made.models[0]))]


def _resnet(given: argparse.Namespace, folder: Path) -> Material:
    return material.resnet(material.photos(given.data, min(given.images, given.resnet_images)), folder, given.epochs)


def _resnet_contenders(stage: Stage, made: Material) -> list[Contender]:
    return [*(stage.keras(made, "tensorflow", precision) for precision in stage.precisions), stage.ours(made, OURS)]


def _photo_folder(given: argparse.Namespace, folder: Path) -> Material:
    return material.photo_folder(material.photos(given.data, min(given.images, given.photos)), folder, given.photos)


def _photo_folder_contenders(stage: Stage, made: Material) -> list[Contender]:
    return [stage.ours(made, OURS)]


PARTS = {
    "a": Part(
        "The CIFAR-10 network with block dropout, batch 32",
        _block_dropout,
        _block_dropout_contenders,
        (
            (OURS, TENSORFLOW, 4.5),
            (OURS, TENSORFLOW_MIXED, 2.2),
            (OURS, TENSORFLOW_MIXED_EACH, 1.6),
            (OURS, keras_name("torch", "float32"), None),
            (OURS, keras_name("torch", "bfloat16"), None),
            (OURS, keras_name("jax", "float32"), None),
            (OURS, keras_name("jax", "bfloat16"), None),
            (OURS, torch_name("float32"), None),
            (OURS, torch_name("bfloat16"), None),
            (OURS, torch_name("bfloat16", each_core=True), None),
            (OURS_FLOAT32, TENSORFLOW, 1.0),
            (OURS_FLOAT32, torch_name("float32"), None),
        ),
        profile=True,
    ),
    "b": Part(
        "The digits demonstration",
        _demonstration,
        _demonstration_contenders,
        ((OURS, TENSORFLOW, 3.0), (OURS, TENSORFLOW_EACH, None)),
        whole=True,
        profile=True,
    ),
    "c": Part(
        "ResNet50 at 64×64, batch 32",
        _resnet,
        _resnet_contenders,
        ((OURS, TENSORFLOW, 1.5), (OURS, TENSORFLOW_MIXED, 1.5)),
        profile=True,
    ),
    "d": Part("Peak memory of the trainings in (a)", _block_dropout_briefly, _block_dropout_contenders, memory=True),
    "e": Part(
        "Peak memory of a folder of photos, 96×96, decoding included",
        _photo_folder,
        _photo_folder_contenders,
        memory=True,
        limit=PHOTOS_LIMIT,
    ),
}
