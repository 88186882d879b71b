"""One function for every source of images."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from numbers import Integral
from pathlib import Path

from regimen.data.dataset import Dataset, Source
from regimen.data.files import FolderFiles, ZipFiles
from regimen.data.idx import has_idx_files, load_idx
from regimen.data.named import NAMED
from regimen.data.npz import load_npz
from regimen.data.photos import load_photos
from regimen.data.progress import Progress
from regimen.errors import DataError, OptionError, nearest


def load(
    source: str | Path,
    *,
    image_size: tuple[int, int] | int | None = None,
    channels: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Loads a dataset.

    Args:
        source: the name of a dataset ("digits"; write "./digits" for a folder of that name), a folder with one
            folder of images per class (also below train/, val/ and test/), a .zip of such a folder, a .npz file, or
            a folder of IDX files.
        image_size: (height, width) or one number for both, in pixels. Default: the images' common size if they are
            alike and at most 256 pixels a side, else 64. Arrays (.npz, IDX, named) are not resized.
        channels: 1 (grey) or 3 (RGB). Default: as the images are; RGB if only some are grey.
        progress: called with (done, total, what is done) while images are decoded (counting images) or a named
            dataset is downloaded (counting bytes).

    Returns:
        The dataset. Images from files and downloads are memory-mapped from the cache ($REGIMEN_CACHE, else the
        user's cache folder), where a second load finds them.

    Raises:
        DataError: if the source does not exist, cannot be used or cannot be downloaded.
        OptionError: for an image size or a number of channels that make no sense.
    """
    size = checked_size(image_size)
    if channels not in (None, 1, 3):
        raise OptionError(f"channels is {channels!r}; expected 1 (grey), 3 (RGB) or None.")
    path = locate(source)
    dataset = NAMED[source](progress) if path is None else _load(path, size, channels, progress)
    dataset = dataset.fitted_to(*size or (None, None), channels)
    if channels is not None:  # a study file, which the source is for, cannot say that
        return dataset
    return replace(dataset, source=Source(source if path is None else str(path.absolute()), size))


def locate(source: str | Path) -> Path | None:
    """The path that a source means; None where it is the name of a dataset.

    Raises:
        DataError: it is no name, and nothing is there.
    """
    if isinstance(source, str) and source in NAMED:
        return None
    path = Path(source).expanduser()
    if not path.exists():
        raise DataError(_missing(str(source), path))
    return path


def _load(path: Path, size: tuple[int, int] | None, channels: int | None, progress: Progress | None) -> Dataset:
    """Photos in the size and colour that is wanted; arrays as they are."""
    if path.is_dir() and has_idx_files(path):
        return load_idx(path)
    if path.is_dir():
        return load_photos(partial(FolderFiles, path), size, channels, progress)
    if path.suffix.lower() == ".zip":
        return load_photos(partial(ZipFiles, path), size, channels, progress)
    if path.suffix.lower() == ".npz":
        return load_npz(path)
    raise DataError(f"{path} is not a dataset; expected a folder, a .zip or .npz file, or a name. {_known()}")


def checked_size(image_size: tuple[int, int] | int | None) -> tuple[int, int] | None:
    """(height, width) of an image size as users give it; None of None.

    Raises:
        OptionError: it is none.
    """
    if image_size is None:
        return None
    size = tuple(image_size) if isinstance(image_size, Iterable) else (image_size, image_size)
    whole = all(isinstance(side, Integral) and not isinstance(side, bool) for side in size)
    if len(size) != 2 or not whole or not all(1 <= side <= 4096 for side in size):
        raise OptionError(f"image_size is {image_size!r}; expected one or two whole numbers of pixels, 1 to 4096.")
    return int(size[0]), int(size[1])


def _missing(source: str, path: Path) -> str:
    if path.name == source and not path.suffix:
        return f"There is no file or folder {source!r}, and no dataset of that name. {nearest(source, NAMED)}"
    return f"{path} does not exist. Check the path (seen from {Path.cwd()}), or name a dataset. {_known()}"


def _known() -> str:
    return f"Known names: {', '.join(sorted(NAMED))}."
