"""Study files: a study written down in TOML, with the keys of the command line."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from regimen.data.named import NAMED
from regimen.errors import OptionError, nearest
from regimen.store import holds_study

ENDING = ".toml"
NOT_IN_FILES = ("command", "workers", "out")
"""Fields of a `Study` that are not about what is studied."""


def read_settings(source: str | Path, known: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Study` that a study file or preset holds, and over them those that are given.

    Args:
        source: a study file (``.toml``), or the name of a preset.
        known: the fields of `Study`.
        given: seeds and until_decided, which exclude each other, override each other as well.

    Raises:
        OptionError: no such file or preset, no TOML, a key that is not a setting, or no data.
    """
    names = [name for name in known if name not in NOT_IN_FILES]
    if isinstance(source, str) and not source.endswith(ENDING):
        settings = _read_preset(source, names)
    else:
        settings = _read_file(Path(source), names)
    if given.get("seeds") is not None or given.get("until_decided"):
        settings = {name: value for name, value in settings.items() if name not in ("seeds", "until_decided")}
    settings |= given
    if "data" not in settings:
        raise OptionError(
            f'The study file {str(source)!r} names no data: add a line such as data = "photos", the path of its images '
            f"or the name of a dataset ({', '.join(NAMED)})."
        )
    return settings


def presets() -> dict[str, str]:
    """Name → description, the first comment of the file."""
    files = sorted(_folder().iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(ENDING): file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        for file in files
        if file.name.endswith(ENDING)
    }


def key_of(field: str) -> str:
    """The key of a field of `Study` in a file, as on the command line."""
    return field.replace("_", "-")


def model_parts(model: str) -> tuple[str, str]:
    """The file that a model's name means, and what follows it; no file where it means a built-in network.

    >>> model_parts("nets/mine.py:build"), model_parts("mine.keras"), model_parts("cifar_cnn")
    (('nets/mine.py', ':build'), ('mine.keras', ''), ('', 'cifar_cnn'))
    """
    file, colon, function = model.rpartition(":")
    if file.endswith(".py"):
        return file, colon + function
    return (model, "") if model.endswith((".keras", ".h5")) else ("", model)


def to_points(fraction: float) -> float:
    """Accuracy points of a fraction, in decimals: 0.7 of 0.007, where 100 * 0.007 is 0.7000000000000001."""
    return float(Decimal(str(fraction)).scaleb(2))


def from_points(points: float) -> float:
    """The inverse of `to_points`."""
    return float(Decimal(str(points)).scaleb(-2))


def _folder() -> Any:
    return resources.files("regimen") / "presets"


def _read_preset(name: str, known: list[str]) -> dict[str, Any]:
    if name not in presets():
        raise OptionError(f"There is no preset {name!r}. {nearest(name, presets())} (A study file ends in {ENDING}.)")
    text = (_folder() / f"{name}{ENDING}").read_text(encoding="utf-8")
    return {"name": name, **_parse(text, f"The preset {name}", known)}


def _read_file(path: Path, known: list[str]) -> dict[str, Any]:
    """The settings of a file, its paths seen from its folder; one beside a study goes on with that study."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows may begin with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"The study file {str(path)!r} cannot be read: {error}.") from error
    settings = _parse(text, f"The study file {str(path)!r}", known)
    if isinstance(data := settings.get("data"), str) and data not in NAMED:
        settings["data"] = path.parent / Path(data).expanduser()  # a Path, which is never taken for a name
    if isinstance(model := settings.get("model"), str) and (parts := model_parts(model))[0]:
        settings["model"] = f"{path.parent / Path(parts[0]).expanduser()}{parts[1]}"
    return {"out": path.parent, **settings} if holds_study(path.parent) else settings


def _parse(text: str, source: str, known: list[str]) -> dict[str, Any]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{source} is not valid TOML: {error}.") from error
    fields = {key_of(name): name for name in known}
    unknown = [key for key in found if key not in fields]
    if unknown:
        raise OptionError(f"{source} has the unknown key {unknown[0]!r}. {nearest(unknown[0], fields)}")
    settings = {fields[key]: value for key, value in found.items()}
    if "margin" in settings:
        points = settings["margin"]
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 < points < 100:
            raise OptionError(f"{source}: margin must be accuracy points, above 0 and below 100; received {points!r}.")
        settings["margin"] = from_points(points)
    return settings
