"""Datasets of image files: listed, decoded in parallel into memory-mapped files in the cache, once.

Requirements:
- sixty thousand photos need not fit in memory: pixels go straight into the file that is kept;
- a second load decodes nothing, and the cached entry is found from the listing alone;
- files that cannot be read are left out and named, unless they were all that a class had.
"""

import hashlib
import json
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from regimen.data.arrays import blocks
from regimen.data.cache import cached
from regimen.data.dataset import Dataset, Part, open_mapped, reread_by
from regimen.data.decode import VERSION, decode, probe, reason
from regimen.data.files import Files, read_whole
from regimen.data.layout import Layout, arrange
from regimen.data.progress import Progress
from regimen.errors import DataError
from regimen.language import join, plural, say

DEFAULT_SIZE = (64, 64)
LARGEST_COMMON_SIDE = 256  # photos all from one camera are alike too, and nobody means to train on 4000x3000
BATCH = 32  # files per task
SMALL_BYTES = 2048
TASK = "Decoding images"

Items = list[tuple[str, int]]  # file names with class numbers
Failures = dict[int, str]  # rows with reasons


def load_photos(
    list_files: Callable[[], Files],
    size: tuple[int, int] | None,
    channels: int | None,
    progress: Progress | None,
) -> Dataset:
    """Loads the image files of a folder or archive.

    Args:
        list_files: lists the source as it is now.
        size: (height, width); None takes the images' common size if they are alike and at most 256 pixels a side,
            else 64x64.
        channels: 1 or 3; None takes 1 if all images are grey, else 3.
        progress: called with (images done, images in all, what is done) now and then.

    Raises:
        DataError: if the layout is unusable (see `arrange`) or no image of a class can be read.
    """
    with list_files() as files:
        layout = arrange(files.name, [entry.name for entry in files.entries])
        fill = partial(_fill, files=files, layout=layout, size=size, channels=channels, progress=progress)
        dataset = cached(_key(files, layout, size, channels), open_mapped, fill)
    return reread_by(dataset, partial(load_photos, list_files, progress=progress))


def _key(files: Files, layout: Layout, size: tuple[int, int] | None, channels: int | None) -> str:
    entries = {entry.name: (entry.size_bytes, entry.stamp) for entry in files.entries}
    parts = {part: [(*item, *entries[item[0]]) for item in found] for part, found in layout.parts.items()}
    listing = [files.name, layout.class_names, layout.notes, parts, size, channels, VERSION]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()[:40]


def _fill(
    folder: Path,
    files: Files,
    layout: Layout,
    size: tuple[int, int] | None,
    channels: int | None,
    progress: Progress | None,
) -> None:
    """Decodes everything into a new folder of the cache."""
    notes = list(layout.notes)
    total = sum(map(len, layout.parts.values()))
    if progress:
        progress(0, total, TASK)
    with warnings.catch_warnings(), _threads(files) as pool:
        warnings.filterwarnings("ignore", module=r"PIL\.")  # odd EXIF data and the like: nobody can act on it
        shape = _target(pool, files, layout, size, channels, notes)
        train_items = layout.parts["train"] + layout.parts["val"]
        items = {"train": train_items, "test": layout.parts["test"]}
        failed, done = {}, 0
        for part, found in items.items():
            failed[part] = {}
            for number, failures in _decode_all(pool, folder / f"{part}_images.npy", files, found, shape):
                failed[part] |= failures
                done += number
                if progress:
                    progress(done, total, TASK)
    _check_classes(files.name, layout.class_names, train_items, failed["train"])
    _note_failures(notes, items, failed, total)
    parts = {part: _kept(folder / f"{part}_images.npy", found, failed[part]) for part, found in items.items()}
    is_given = np.arange(len(train_items)) >= len(layout.parts["train"])
    given = np.flatnonzero(is_given[_readable(len(train_items), failed["train"])])
    dataset = Dataset.of_parts(
        files.name,
        parts["train"],
        parts["test"],
        layout.class_names,
        tuple(notes),
        given if len(given) else None,
    )
    dataset.seal(folder)


def _target(
    pool: Executor,
    files: Files,
    layout: Layout,
    size: tuple[int, int] | None,
    channels: int | None,
    notes: list[str],
) -> tuple[int, int, int]:
    """The shape (height, width, channels) that all images get."""
    if size is not None and channels is not None:
        return (*size, channels)

    def look(names: list[str]) -> set[tuple[int, int, bool]]:
        found = set()
        for name in names:
            try:
                with files.open(name) as file:
                    found.add(probe(file))
            except Exception:  # broken files raise anything; they are counted when they are decoded
                continue
        return found

    names = [name for found in layout.parts.values() for name, _ in found]
    seen = set().union(*pool.map(look, [names[i : i + BATCH] for i in range(0, len(names), BATCH)]))
    sizes = {(height, width) for height, width, _ in seen}
    if size is None:
        size = next(iter(sizes)) if len(sizes) == 1 else DEFAULT_SIZE
        if max(size) > LARGEST_COMMON_SIDE:
            size = DEFAULT_SIZE
        if sizes and sizes != {size}:
            ends = dict.fromkeys((min(sizes, key=math.prod), max(sizes, key=math.prod)))
            before = [f"{height}x{width}" for height, width in ends]
            note = say(
                "Images of {before} pixels were brought to {after} (--image-size changes that).",
                before=say("{smallest} to {largest}", smallest=before[0], largest=before[1])
                if len(before) > 1
                else before[0],
                after=f"{size[0]}x{size[1]}",
            )
            notes.append(note)
    grey = bool(seen) and all(is_grey for _, _, is_grey in seen)
    return (*size, channels or (1 if grey else 3))


def _decode_all(
    pool: Executor, path: Path, files: Files, items: Items, shape: tuple[int, int, int]
) -> Iterator[tuple[int, Failures]]:
    """Decodes files into a new .npy file; yields how many were tried, and the rows that failed with the reasons."""
    if not items:
        return
    images = _reserve(path, (len(items), *shape))

    def work(rows: range) -> tuple[int, Failures]:
        failures = {}
        for row in rows:
            try:
                content = read_whole(files, items[row][0])
                if not content.getbuffer().nbytes:
                    raise ValueError("empty file")
                images[row] = decode(content, *shape)
            except Exception as error:  # broken files raise anything: SyntaxError, IndexError, zlib.error, …
                failures[row] = reason(error)
        return len(rows), failures

    yield from pool.map(work, [range(len(items))[i : i + BATCH] for i in range(0, len(items), BATCH)])
    images.flush()


def _threads(files: Files) -> Executor:
    # Pillow lets go of the interpreter lock while it decodes; more than 16 threads would wait for the lock all the
    # same. Thumbnails are done so soon that two threads are slower than one (60,000 of 1 kB: 25 s against 19 s).
    mean_bytes = sum(entry.size_bytes for entry in files.entries) / len(files.entries)
    return ThreadPoolExecutor(1 if mean_bytes < SMALL_BYTES else min(16, os.cpu_count() or 1))


def _reserve(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):  # a full disk is an error now, not a crash (SIGBUS) at some later write
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return images


def _readable(count: int, failed: Failures) -> np.ndarray:
    return np.setdiff1d(np.arange(count), list(failed))


def _kept(path: Path, items: Items, failed: Failures) -> Part | None:
    """The part without the rows that failed; None if nothing is left."""
    rows = _readable(len(items), failed)
    if not len(rows):
        path.unlink(missing_ok=True)
        return None
    if failed:
        full = np.load(path, mmap_mode="r")
        smaller = _reserve(path.with_suffix(".kept"), (len(rows), *full.shape[1:]))
        for some in blocks(len(rows)):
            smaller[some] = full[rows[some]]
        smaller.flush()
        del full, smaller
        path.with_suffix(".kept").replace(path)
    labels = np.array([label for _, label in items], np.int64)[rows]
    return Part(np.load(path, mmap_mode="r"), labels)


def _check_classes(source: str, class_names: Sequence[str], items: Items, failed: Failures) -> None:
    for number, class_name in enumerate(class_names):
        rows = [row for row, (_, label) in enumerate(items) if label == number]
        if all(row in failed for row in rows):
            broken = [(items[row][0], failed[row]) for row in rows]
            raise DataError(
                f"{source}: none of the {len(rows)} images of class {class_name!r} could be read: {_listed(broken)}. "
                "Replace these files, or remove the class folder."
            )


def _note_failures(notes: list[str], items: dict[str, Items], failed: dict[str, Failures], total: int) -> None:
    broken = [(items[part][row][0], failed[part][row]) for part in items for row in sorted(failed[part])]
    if broken:
        note = plural(
            len(broken),
            "{number} of {total} images could not be read and was left out: {files}.",
            "{number} of {total} images could not be read and were left out: {files}.",
            total=f"{total:,}",
            files=_listed(broken),
        )
        notes.append(note)


def _listed(broken: list[tuple[str, str]], most: int = 3) -> str:
    named = join([f"{name} ({why})" for name, why in broken[:most]], ", ")
    if len(broken) <= most:
        return named
    return say("{named} and {count} more", named=named, count=f"{len(broken) - most:,}")
