"""Writes a study to a study file, `regimen.study.file`.

Requirements: what is read again is the same study, with the same runs; paths are seen from the file's folder, so that
a project can be moved; a file is written whole or not at all; what a file cannot hold is said, in an error or, in a
study's own directory, in a comment, since the study itself is none the worse for it.
"""

import os
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import tomli_w

from regimen.data import Dataset
from regimen.data.load import locate
from regimen.data.named import NAMED
from regimen.data.npz import save_npz
from regimen.errors import ModelError, OptionError, RemedyError, StoreError
from regimen.models.graph import Graph
from regimen.models.script import own_objects
from regimen.models.source import find_model
from regimen.remedies import Remedy, named_arms
from regimen.study.file import ENDING, NOT_IN_FILES, key_of, model_parts, to_points
from regimen.study.optimizers import read_optimizer
from regimen.study.planning import Trial, plan_trial, read_arms

_ADVICE = 'Put the code that builds it into a file, and name it: model = "module.py:function".'


@dataclass(frozen=True)
class Missing:
    """In place of a setting that a study file cannot hold: why."""

    why: str


def write_study(study: Any, path: Path) -> Path:
    """See `regimen.study.study.Study.write`."""
    if path.suffix != ENDING:
        raise OptionError(f"The name of a study file ends in {ENDING}; received {str(path)!r}.")
    arrays, model = path.with_suffix(".npz"), path.with_suffix(".keras")
    brings_arrays, brings_model = _place(study.data) is None, _is_object(study.model)
    for file in [path, *[arrays] * brings_arrays, *[model] * brings_model]:
        if os.path.lexists(file):
            raise StoreError(f"{str(file)!r} exists already and is not overwritten. Choose another name, or remove it.")
    trial = plan_trial(study) if brings_arrays or brings_model or isinstance(study.data, Dataset) else None
    if trial is None:
        _require_places(study)
    said = {**_data(study, trial, path.parent, arrays.name), **_model(study, trial, path.parent, model.name)}
    entries = _entries(study, said)
    for value in entries.values():
        if isinstance(value, Missing):
            raise OptionError(f"The study cannot be written to a file: {value.why}")
    with ExitStack() as undo:  # the study file comes last: where it is, so is all that it names
        if brings_model:
            _save(model, lambda file: _save_model(trial, file))
            undo.callback(model.unlink)
        if brings_arrays:
            _save(arrays, lambda file: save_npz(trial.dataset, file))
            undo.callback(arrays.unlink)
        _save(path, _writer(_text([_title(study, trial)], entries)))
        undo.pop_all()
    return path


def keep_study_file(study: Any, trial: Trial, folder: Path) -> None:
    """Keeps in a study's directory what was last asked for; images that were given as arrays are not copied.

    Args:
        study: the `regimen.study.study.Study`.
        trial: what is trained.
        folder: the directory.
    """
    model = folder / "study.keras"
    said = {**_data(study, trial, folder, None), **_model(study, trial, folder, model.name)}
    if said.get("model") == model.name and not model.exists():
        try:
            _save(model, lambda file: _save_model(trial, file))
        except ModelError as error:
            said["model"] = Missing(str(error))
    title = [_title(study, trial), f"As it was last asked for. To go on: regimen study study{ENDING}"]
    _save(folder / f"study{ENDING}", _writer(_text(title, _entries(study, said))))


def _require_places(study: Any) -> None:
    """Refuses data and models that are not there."""
    locate(study.data)
    file, _ = model_parts(str(study.model))
    if study.model is not None and not Path(file).is_file():  # of no file, the name is checked
        find_model(study.model)


# Settings


def _entries(study: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """Key → plain value, or `Missing`; of what differs from its default, and of ``said`` in any case."""
    said = {**said, **_arms(study.arms), **_optimizer(study)}
    if not study.until_decided:
        said["seeds"] = list(study.looks[0]) if isinstance(study.seeds, Sequence) else len(study.looks[0])
    found = {}
    for item in fields(study):
        given, key = getattr(study, item.name), key_of(item.name)
        value = said.get(item.name, _plain(given))
        is_default = value == item.default and (value is not None or given is None)
        if item.name in NOT_IN_FILES or (item.name not in said and is_default):
            continue
        if value is None:
            value = Missing(f"{key} is given in Python, as {type(given).__name__}; say it as a text or a number.")
        elif not _is_text(value):
            value = Missing(f"{key} is {value!r}, which holds what is no letter. Rename it.")
        found[key] = to_points(value) if key == "margin" else value
    return found


def _plain(value: Any) -> Any:
    """A text, a number, a list of whole numbers or numbers by name as TOML has them; None where it has no word."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, list | tuple | range) and all(isinstance(item, Integral) for item in value):
        return [int(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(item, Real) for item in value.values()):
        return {str(key): float(item) for key, item in value.items()}
    return None


def _is_text(value: Any) -> bool:
    """Whether all that is a text in a value can be written: names of files may hold bytes that are not."""
    texts = [*value, *value.values()] if isinstance(value, dict) else [value]
    return not any("\ud800" <= letter <= "\udfff" for text in texts if isinstance(text, str) for letter in text)


def _arms(arms: Any) -> dict[str, Any]:
    if arms is None:
        return {}
    remedies = read_arms(arms)
    for name, remedy in remedies.items():
        if not _reads_back(name, remedy):
            why = f"the remedy of the arm {name!r}, {remedy!r}, is none that regimen knows by name."
            return {"arms": Missing(why)}
    return {"arms": {name: str(remedy) for name, remedy in remedies.items()}}


def _reads_back(name: str, remedy: Remedy) -> bool:
    try:
        return named_arms(name, str(remedy)) == {name: remedy}
    except RemedyError:
        return False


def _optimizer(study: Any) -> dict[str, Any]:
    """A Keras optimizer in words, where they say all of it."""
    if isinstance(study.optimizer, str):
        return {}
    found, schedule = read_optimizer(study)
    words = {"optimizer": found.name, **{name: getattr(found, name) for name in ("learning_rate", "weight_decay")}}
    words |= {name: value for name in ("momentum", "nesterov") if (value := getattr(found, name))}
    return words if read_optimizer(replace(study, **words)) == (found, schedule) else {}


# Data


def _place(data: Any) -> str | Path | None:
    """The name or path of the images; None of arrays."""
    if isinstance(data, Dataset):
        return data.source and data.source.place
    return data if isinstance(data, str | Path) else None


def _data(study: Any, trial: Trial | None, folder: Path, arrays: str | None) -> dict[str, Any]:
    """What to say of the data: a name or path, or the name of the file of arrays beside."""
    place = _place(study.data)
    if place is None:
        missing = Missing(
            f"the images were arrays, given in Python, of fingerprint {trial.dataset.fingerprint}. To run this file, "
            'add a line data = "PATH" for a place where the same images are, such as an .npz file.'
        )
        return {"data": arrays or missing, "name": study.name or trial.dataset.name}
    if isinstance(place, str) and place in NAMED:
        return {"data": place}
    written = _relative(Path(place).expanduser(), folder)
    said = {"data": f"./{written}" if written in NAMED else written}  # else it would be taken for the name
    if isinstance(study.data, Dataset) and study.data.source.image_size is not None and study.image_size is None:
        said["image_size"] = list(trial.dataset.train.images.shape[1:3])
    return said


# Model


def _is_object(model: Any) -> bool:
    return model is not None and not isinstance(model, str | Path)


def _model(study: Any, trial: Trial | None, folder: Path, saved: str) -> dict[str, Any]:
    """What to say of the model: a name, a path, or the name of the model's file beside."""
    if study.model is None:
        return {}
    if not _is_object(study.model):
        file, rest = model_parts(str(study.model))
        return {"model": f"{_relative(Path(file), folder)}{rest}" if file else rest}
    own = sorted(thing.__name__ for thing in own_objects(trial.baseline.graph))
    if own:
        why = f"the model holds {own[0]}, of your own, which no .keras file brings along. {_ADVICE}"
        return {"model": Missing(why)}
    return {"model": saved, "weights": "fresh" if trial.weights is None else "keep"}


def _save_model(trial: Trial, file: Path) -> None:
    """Saves the user's model itself, since its nested models name its layers.

    Raises:
        ModelError: Keras does not save it, or does not read the same model again.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`")  # a loss: not read
            trial.model.save(file)
        found = Graph.from_keras(find_model(file)).with_input_shape(*trial.baseline.graph.input_shape)
    except OSError:
        raise
    except Exception as error:  # Keras raises whatever its parts raise
        raise ModelError(f"the model cannot be saved by Keras: {type(error).__name__}: {error} {_ADVICE}") from error
    if found.canonical() != trial.baseline.graph.canonical():
        raise ModelError(f"Keras does not read the same model from its file again. {_ADVICE}")


# Files


def _relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, with forward slashes; as it is given where it is on another drive."""
    try:
        # Real folders, as ``..`` of a link is not where the link lies; a link itself stays, as part of the project.
        return Path(os.path.relpath(path.parent.resolve() / path.name, folder.resolve())).as_posix()
    except ValueError:
        return path.as_posix()


def _title(study: Any, trial: Trial | None) -> str:
    """The first comment, as in presets."""
    name = study.name or (trial.dataset.name if trial else Path(study.data).resolve().name)
    arms = "the default arms" if study.arms is None else ", ".join(read_arms(study.arms))
    return f"{name}: {arms} against the baseline" if arms else f"{name}: the baseline alone"


def _text(title: Sequence[str], entries: Mapping[str, Any]) -> str:
    lines, last = [_comment(line) + "\n" for line in title], []
    for key, value in entries.items():
        if isinstance(value, Missing):
            why = textwrap.wrap(f"{key}: {value.why}", 98, break_on_hyphens=False)
            lines += [_comment(line) + "\n" for line in why]
        elif isinstance(value, dict):
            last.append("\n" + tomli_w.dumps({key: value}))  # after a table's head, all keys are its own
        else:
            lines.append(f"{key} = {value}\n" if isinstance(value, list) else tomli_w.dumps({key: value}))
    return "".join(lines + last)


def _comment(line: str) -> str:
    """A comment, in which TOML allows no control characters."""
    return "# " + "".join(letter if letter.isprintable() else " " for letter in line)


def _writer(text: str) -> Callable[[Path], Any]:
    return lambda file: file.write_text(text, encoding="utf-8", newline="\n")


def _save(path: Path, write: Callable[[Path], Any]) -> None:
    """Writes a file whole or not at all."""
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise StoreError(f"The file {str(path)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)
