"""What the names of image files say: parts (train, val, test) and classes.

Two layouts are known, with or without folders around them::

    cat/1.jpg  dog/2.jpg                      classes only
    train/cat/1.jpg  val/…  test/…            parts, then classes (also training_set, valid, testing, …)

This module looks at names only and opens nothing.
"""

import os
from collections import Counter
from dataclasses import dataclass

from regimen.data.arrays import quoted
from regimen.errors import DataError
from regimen.language import Message, plural, say

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".avif", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
)
JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini"})  # besides all names with a dot in front
PARTS = {
    **dict.fromkeys(("train", "training", "training_set", "train_set"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "val_set", "validation_set"), "val"),
    **dict.fromkeys(("test", "testing", "test_set"), "test"),
}
EXPECTED = "Expected one folder per class (cat/1.jpg, dog/2.jpg), or these below train/ and test/."


@dataclass(frozen=True)
class Layout:
    """Image files with their classes.

    Attributes:
        class_names: sorted.
        parts: for "train", "val" and "test" the files, sorted, each with its class number.
        notes: sentences about files that were left out.
    """

    class_names: tuple[str, ...]
    parts: dict[str, list[tuple[str, int]]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Image:
    name: str
    folders: tuple[str, ...]  # what of the path is left to interpret

    def below(self) -> "_Image":
        return _Image(self.name, self.folders[1:])


def arrange(source: str, names: list[str]) -> Layout:
    """Sorts files into parts and classes.

    Args:
        source: the dataset's name in messages.
        names: paths relative to the source, ``/`` between folders.

    Raises:
        DataError: if there are no images, no class folders, one class only, classes in val or test that train
            does not have, or folders beside ``train`` that cannot be told from classes.
    """
    images, notes = _images(source, names)
    images = _unwrapped(images)
    by_part = _by_part(source, images, notes)
    labelled = {part: [image for image in found if image.folders] for part, found in by_part.items()}
    loose = [image.name for part in ("train", "val", "test") for image in by_part[part] if not image.folders]
    if loose:
        left_out = plural(
            len(loose),
            "{number} image lies in no class folder and was left out: {names}.",
            "{number} images lie in no class folder and were left out: {names}.",
            names=quoted(sorted(loose)),
        )
        notes.append(left_out)
    class_names = tuple(sorted({image.folders[0] for image in labelled["train"]}))
    if not class_names:
        raise DataError(f"{source}: its images lie in no class folder (first: {quoted(sorted(loose), 1)}). {EXPECTED}")
    if len(class_names) == 1:
        raise DataError(f"{source}: there is one class only, {class_names[0]!r}; two or more are needed. {EXPECTED}")
    for part in ("val", "test"):
        unknown = sorted({image.folders[0] for image in labelled[part]} - set(class_names))
        if unknown:
            raise DataError(
                f"{source}: the {part} part has classes that the training part lacks: {quoted(unknown)}. "
                f"Known: {quoted(class_names, 12)}. Rename or remove these folders."
            )
    number = {name: i for i, name in enumerate(class_names)}
    parts = {part: sorted((i.name, number[i.folders[0]]) for i in found) for part, found in labelled.items()}
    return Layout(class_names, parts, tuple(notes))


def _images(source: str, names: list[str]) -> tuple[list[_Image], list[Message]]:
    images, others = [], Counter()
    for name in names:
        *folders, file = name.split("/")
        if any(part.startswith(".") or part.lower() in JUNK for part in (*folders, file)):
            continue
        suffix = os.path.splitext(file)[1].lower()
        if suffix in IMAGE_SUFFIXES:
            images.append(_Image(name, tuple(folders)))
        else:
            others[suffix] += 1
    kinds = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in sorted(others.items()))
    if not images:
        found = f"its files are {kinds}" if others else "it is empty"
        raise DataError(f"{source}: no images found; {found}. {EXPECTED}")
    return images, [say("Files other than images were ignored: {kinds}.", kinds=kinds)] if others else []


def _unwrapped(images: list[_Image]) -> list[_Image]:
    """Goes below folders that hold everything, as long as class folders remain."""
    while True:
        tops = {image.folders[:1] for image in images}
        if len(tops) > 1 or min(len(image.folders) for image in images) < 2:
            return images
        images = [image.below() for image in images]


def _by_part(source: str, images: list[_Image], notes: list[Message]) -> dict[str, list[_Image]]:
    """Images by part, their part folders taken off; everything is "train" if there are no part folders."""
    # A class may be called "train" too: a part holds folders, a class holds images.
    part_folders = {image.folders[0] for image in images if len(image.folders) > 1 and _part_of(image.folders[0])}
    found = {_part_of(folder) for folder in part_folders}
    other_folders = {i.folders[0] for i in images if i.folders and not _part_of(i.folders[0])}
    if "train" not in found:
        if found and not other_folders:
            raise DataError(f"{source}: it has {quoted(sorted(part_folders))} but no train/ folder. {EXPECTED}")
        return {"train": images, "val": [], "test": []}
    if other_folders and len(found) == 1:
        raise DataError(
            f"{source}: beside the training part lie other folders with images: {quoted(sorted(other_folders))}. "
            f"Are they classes or a copy? {EXPECTED} Move them away, or name the folder that is meant."
        )
    parts = {"train": [], "val": [], "test": []}
    outside = []
    for image in images:
        if image.folders and _part_of(image.folders[0]):
            parts[_part_of(image.folders[0])].append(_below_part(image))
        else:
            outside.append(image.name)
    if outside:
        left_out = plural(
            len(outside),
            "{number} image lies outside train, val and test and was left out: {names}.",
            "{number} images lie outside train, val and test and were left out: {names}.",
            names=quoted(sorted(outside)),
        )
        notes.append(left_out)
    return parts


def _below_part(image: _Image) -> _Image:
    """Takes the part's folder off, twice for archives that hold ``test_set/test_set/cats``."""
    part = image.folders[0].lower()
    image = image.below()
    return image.below() if image.folders and image.folders[0].lower() == part else image


def _part_of(folder: str) -> str | None:
    return PARTS.get(folder.lower())
