"""A dataset: images, labels and class names, and its form on disk that worker processes map into memory."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np

from regimen.data.arrays import as_images, as_label_values, blocks, number_classes, with_colour
from regimen.data.cache import cached
from regimen.errors import DataError
from regimen.language import decode, encode

FORMAT = 1  # of the folder that `open_mapped` reads


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a dataset.

    Attributes:
        images: uint8 (N, H, W, C), C 1 or 3; may be a memory map.
        labels: int64 (N,), 0..K-1.
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Source:
    """Where `regimen.load` found a dataset, so that a study file can name it.

    Attributes:
        place: the name of a dataset, or an absolute path.
        image_size: (height, width) as it was asked for; None took what there was.
    """

    place: str
    image_size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels.

    Attributes:
        name: what people call it.
        train: the images of which a split makes a training and a validation part.
        test: the images that are scored once at the end, where there are any.
        class_names: K names; label i means ``class_names[i]``.
        fingerprint: SHA-256 of pixels, shapes, labels and the number of classes, in hex.
        notes: sentences for people about what was found while loading.
        given_validation: sorted int64 positions in ``train`` that the source itself marked as validation, or None.
        source: where these very images were loaded from; None for others. No part of the fingerprint.
    """

    name: str
    train: Part
    test: Part | None
    class_names: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()
    given_validation: np.ndarray | None = None
    source: Source | None = None
    # Reads the source again at ((height, width), channels); None where pixels are all there is.
    _again: Callable[[tuple[int, int], int], "Dataset"] | None = field(default=None, repr=False)
    # Where these very arrays already lie in the form that `mapped` promises.
    _folder: Path | None = field(default=None, repr=False)

    @classmethod
    def from_arrays(
        cls,
        x: object,
        y: object,
        x_test: object = None,
        y_test: object = None,
        *,
        class_names: Sequence[str] | None = None,
        name: str = "arrays",
    ) -> Self:
        """A dataset from arrays, lists or tensors.

        uint8 images are not copied: do not change them afterwards.

        Args:
            x: images (N, H, W) or (N, H, W, C), C 1 or 3: uint8, other integers in 0..255, floats in 0..1, or
                floats without fractions in 0..255.
            y: labels (N,), (N, 1) or one-hot (N, K): whole numbers or strings.
            x_test: test images of the same height, width and channels.
            y_test: test labels.
            class_names: K names, label i meaning ``class_names[i]``; by default the sorted values of ``y`` as text.
            name: what to call it, also in messages.

        Raises:
            DataError: for arrays that cannot be used, with the reason.
        """
        if (x_test is None) != (y_test is None):
            raise DataError(f"{name}: test images and test labels belong together; only one of them was given.")
        images, unit = as_images(x, f"{name}: training images")
        values = as_label_values(y, len(images), f"{name}: training labels")
        test_images = test_values = None
        if x_test is not None:
            test_images, _ = as_images(x_test, f"{name}: test images", unit=unit)
            test_values = as_label_values(y_test, len(test_images), f"{name}: test labels")
            if test_images.shape[1:] != images.shape[1:]:
                raise DataError(
                    f"{name}: test images are {_shape_text(test_images)} but training images are "
                    f"{_shape_text(images)}; expected the same. Resize or convert one of them."
                )
        labels, test_labels, names = number_classes(values, test_values, class_names, name)
        test = None if test_images is None else Part(test_images, test_labels)
        return cls.of_parts(name, Part(images, labels), test, names)

    @classmethod
    def of_parts(
        cls,
        name: str,
        train: Part,
        test: Part | None,
        class_names: tuple[str, ...],
        notes: tuple[str, ...] = (),
        given_validation: np.ndarray | None = None,
    ) -> Self:
        """A dataset from parts that have been checked; takes the fingerprint."""
        fingerprint = _fingerprint(train, test, len(class_names))
        return cls(name, train, test, class_names, fingerprint, notes, given_validation)

    def fitted_to(self, height: int | None, width: int | None, channels: int | None) -> "Dataset":
        """The same dataset in the size and colour that a model needs; None means anything will do.

        Images from files are decoded again from the originals (and cached). Arrays change between grey and RGB
        but are not resized.

        Raises:
            DataError: for arrays of another size, or a number of channels other than 1 or 3.
        """
        images = self.train.images
        wanted = (height or images.shape[1], width or images.shape[2], channels or images.shape[3])
        if wanted == images.shape[1:]:
            return self
        if wanted[2] not in (1, 3):
            raise DataError(f"{self.name}: {wanted[2]} channels are needed, but images have 1 (grey) or 3 (RGB).")
        if self._again is not None:
            return self._again(wanted[:2], wanted[2])
        if wanted[:2] != images.shape[1:3]:
            raise DataError(
                f"{self.name}: its images are {images.shape[1]}x{images.shape[2]} but {wanted[0]}x{wanted[1]} is "
                "needed, and arrays are not resized. Resize the arrays first, leave out --image-size, or change "
                f"the model's Input shape to ({images.shape[1]}, {images.shape[2]}, {wanted[2]})."
            )
        train, test = (
            part and Part(with_colour(part.images, wanted[2]), part.labels) for part in (self.train, self.test)
        )
        return Dataset.of_parts(self.name, train, test, self.class_names, self.notes, self.given_validation)

    def without_test(self) -> "Dataset":
        """The same dataset without its test part; itself where there is none."""
        if self.test is None:
            return self
        return Dataset.of_parts(self.name, self.train, None, self.class_names, self.notes, self.given_validation)

    def mapped(self) -> Path:
        """The folder in the cache that holds this dataset for `open_mapped`; written on first use, atomically."""
        if self._folder is not None and (self._folder / "meta.json").is_file():
            return self._folder
        # The fingerprint leaves names out, so datasets that differ in these alone must not share a folder.
        digest = hashlib.sha256(json.dumps(self._meta()).encode())
        digest.update(b"" if self.given_validation is None else self.given_validation.tobytes())
        key = f"{self.fingerprint[:32]}-{digest.hexdigest()[:8]}"
        return cached(key, open_mapped, self.write)._folder

    def seal(self, folder: Path) -> None:
        """Writes all but the images into a folder, the description last."""
        for part_name, part in (("train", self.train), ("test", self.test)):
            if part is not None:
                np.save(folder / f"{part_name}_labels.npy", part.labels)
        if self.given_validation is not None:
            np.save(folder / "given_validation.npy", self.given_validation)
        (folder / "meta.json").write_text(json.dumps(encode(self._meta())), encoding="utf-8")

    def write(self, folder: Path) -> None:
        """Writes all into a folder, for `open_mapped`."""
        np.save(folder / "train_images.npy", self.train.images)
        if self.test is not None:
            np.save(folder / "test_images.npy", self.test.images)
        self.seal(folder)

    def _meta(self) -> dict:
        return {
            "format": FORMAT,
            "name": self.name,
            "class_names": self.class_names,
            "fingerprint": self.fingerprint,
            "notes": self.notes,
            "has_test": self.test is not None,
            "has_given_validation": self.given_validation is not None,
        }

    def __repr__(self) -> str:
        test = "no" if self.test is None else len(self.test.labels)
        return (
            f"Dataset({self.name}: {len(self.train.labels)} training and {test} test images, "
            f"{_shape_text(self.train.images)}, {len(self.class_names)} classes)"
        )


def open_mapped(folder: Path) -> Dataset:
    """Opens what `Dataset.write` or `Dataset.seal` wrote, without reading or decoding the images.

    The maps are copy-on-write: torch takes them without a warning, and nothing written reaches the disk.

    Raises:
        DataError: if the folder is absent or damaged.
    """
    folder = Path(folder)
    try:
        meta = decode(json.loads((folder / "meta.json").read_text(encoding="utf-8")))
        if meta["format"] != FORMAT:
            raise ValueError(f"format {meta['format']} instead of {FORMAT}")
        return Dataset(
            name=meta["name"],
            train=_open_part(folder, "train"),
            test=_open_part(folder, "test") if meta["has_test"] else None,
            class_names=tuple(meta["class_names"]),
            fingerprint=meta["fingerprint"],
            notes=tuple(meta["notes"]),
            given_validation=np.load(folder / "given_validation.npy") if meta["has_given_validation"] else None,
            _folder=folder,
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise DataError(f"{folder} does not hold a whole dataset ({error}). Load the dataset again.") from error


def reread_by(dataset: Dataset, again: Callable[[tuple[int, int], int], Dataset]) -> Dataset:
    """The dataset, able to be read again from its source at another ((height, width), channels)."""
    return replace(dataset, _again=again)


def _open_part(folder: Path, name: str) -> Part:
    part = Part(np.load(folder / f"{name}_images.npy", mmap_mode="c"), np.load(folder / f"{name}_labels.npy"))
    if part.images.ndim != 4 or part.images.dtype != np.uint8 or len(part.images) != len(part.labels):
        raise ValueError(f"{name} images and labels do not fit together")
    return part


def _fingerprint(train: Part, test: Part | None, num_classes: int) -> str:
    digest = hashlib.sha256(f"regimen dataset {num_classes}".encode())
    for part in (train, test):
        digest.update(b"none" if part is None else repr(part.images.shape).encode())
        if part is not None:
            for rows in blocks(len(part.images)):  # a memory map need not fit in memory
                digest.update(np.ascontiguousarray(part.images[rows]))
            digest.update(np.ascontiguousarray(part.labels, "<i8"))
    return digest.hexdigest()


def _shape_text(images: np.ndarray) -> str:
    return f"{images.shape[1]}x{images.shape[2]} {'grey' if images.shape[3] == 1 else 'RGB'}"
