"""Study files: a study written down in TOML, with the keys of the command line."""

import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any

from regimen.errors import OptionError, nearest
from regimen.study.study import Study

_NOT_IN_FILES = ("command", "workers", "out")


def read_study_file(path: str | Path) -> dict[str, Any]:
    """The arguments of `Study` that a study file holds.

    A relative path to data, or to a model file, is relative to the study file's folder.

    Raises:
        OptionError: no such file, no TOML, or a key that is not a setting.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"The study file {str(path)!r} cannot be read: {error}.") from error
    return _parse(text, str(path), path.parent)


def read_preset(name: str) -> dict[str, Any]:
    """The arguments of `Study` of a preset.

    Raises:
        OptionError: there is no such preset.
    """
    if name not in presets():
        raise OptionError(f"There is no preset {name!r}. {nearest(name, presets())}")
    text = (_folder() / f"{name}.toml").read_text(encoding="utf-8")
    return {"name": name, **_parse(text, f"preset {name}", None)}


def presets() -> dict[str, str]:
    """Name → description, the first comment of the file."""
    files = sorted(_folder().iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        for file in files
        if file.name.endswith(".toml")
    }


def _folder() -> Any:
    return resources.files("regimen") / "presets"


def _parse(text: str, source: str, folder: Path | None) -> dict[str, Any]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{source} is not valid TOML: {error}.") from error
    known = {field.name.replace("_", "-"): field.name for field in fields(Study) if field.name not in _NOT_IN_FILES}
    unknown = [key for key in found if key not in known]
    if unknown:
        raise OptionError(f"{source} has the unknown key {unknown[0]!r}. {nearest(unknown[0], known)}")
    settings = {known[key]: value for key, value in found.items()}
    for key in ("data", "model"):
        if folder is not None and isinstance(settings.get(key), str):
            settings[key] = _relative(settings[key], folder)
    if isinstance(settings.get("margin"), int | float):
        settings["margin"] /= 100  # in points, as on the command line
    if isinstance(settings.get("image_size"), list):
        settings["image_size"] = tuple(settings["image_size"])
    return settings


def _relative(value: str, folder: Path) -> str:
    path, colon, function = value.rpartition(":") if ".py:" in value else (value, "", "")
    return f"{folder / path}{colon}{function}" if (folder / path).exists() else value
