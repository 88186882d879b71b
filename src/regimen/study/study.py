"""A study: dataset + split + arms × seeds. Plans the missing runs, drives an executor, records what happens."""

import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import Any

from regimen.errors import OptionError, nearest
from regimen.executors import Executor
from regimen.remedies import Remedy
from regimen.study.class_weights import read_class_weight
from regimen.study.optimizers import read_optimizer
from regimen.study.result import StudyResult, load_result
from regimen.study.scaling import MEASURED_ON

Listener = Callable[[dict[str, Any]], None]
"""Called with each event of a study: started, epoch, finished, failed, note; see `Study.run`."""

SHUFFLES = ("each-epoch", "once")
SEEDS = 5
LOOKS = (5, 10, 20)  # numbers of seeds at which a study that runs until decided is looked at


@dataclass
class Study:
    """A controlled trial of remedies against overfitting.

    Args:
        data: a `regimen.Dataset`; what `regimen.load` takes: a named dataset, a folder, an archive, …; or a tuple of
            arrays (images, labels) or (images, labels, test images, test labels).
        model: an uncompiled Keras model, a function that builds one (with any of the arguments ``input_shape``,
            ``classes``), the name of a built-in network, a ``.keras`` file, or ``"module.py:function"``; None chooses
            a built-in network by image size.
        arms: remedies by name; or a list of remedies or texts as ``--arm`` takes them; None: l2, dropout, batchnorm,
            flip and shift. The baseline is always there.
        epochs: of every run, at least 1.
        batch_size: images per step, at least 1.
        shuffle: ``each-epoch`` draws a new order of the training images for every epoch; ``once`` repeats that of the
            first, as Keras on TensorFlow does after ``keras.utils.set_random_seed``: to show what comes of it.
        optimizer: ``adam``, ``adamw``, ``rmsprop`` or ``sgd``, with Keras' semantics; or such an optimizer of Keras,
            ``keras.optimizers.Adam(1e-4, clipnorm=1.0)``, with all settings of its own.
        learning_rate: above 0, or a schedule of ``keras.optimizers.schedules``; None is 0.001, or what the Keras
            optimizer says.
        momentum: 0–1, RMSprop and SGD only.
        nesterov: SGD only.
        weight_decay: decoupled, of all weights, as Keras' optimizers have it; at least 0. None is 0.004 for ``adamw``
            and 0 for the others.
        class_weight: by how much the images of a class count in the training loss, as Keras' ``fit`` takes it:
            ``{"cat": 2.0}``, by name, else by position, above 0, and 1 for those not named; or as text,
            ``cat=2,dog=0.5``; or ``balanced``, inversely to how many training images the class has.
        seeds: how many (0, 1, …), or which; None: 5, or as many as ``until_decided`` takes.
        until_decided: look after 5, 10 and 20 seeds, and stop when every arm has a verdict other than *cannot tell*;
            the error rate is divided equally among the looks. Leaves no choice of ``seeds``.
        validation: fraction (or number) of the training images to validate on; None follows the data, else 0.3.
        split_seed: of that division.
        stratify: whether each class is divided in the same proportion.
        train_size: use only so many of the training images (before the division); None uses all.
        image_size: pixels, a number or (height, width); None follows the model, else the images.
        scale: ``standard``, ``unit`` or ``none``; None is ``standard`` unless the model scales images itself.
        scale_from: the images whose mean and standard deviation ``standard`` uses: ``training``, or ``all`` for those
            that validate too, as many tutorials do.
        weights: ``fresh`` or ``keep``; None is ``fresh``, but must be said for a trained or partly frozen model.
        precision: ``auto``, ``float32`` or ``bfloat16``.
        device: ``cpu``, ``cuda`` (an NVIDIA GPU, of which nothing has been measured), or ``auto``, which is ``cpu``.
        workers: processes, or ``auto`` for one per core, or one for a GPU.
        margin: smallest difference in accuracy that matters, as a fraction; 0–1, not 0.
        name: of the study; by default the dataset's.
        out: directory; by default ``studies/<name>-<hash>``.
        command: what a report names as the way to run the study again.

    Raises:
        OptionError: a setting out of range.
    """

    data: Any
    model: Any = None
    arms: Mapping[str, Remedy | str | None] | Sequence[str] | None = None
    _: KW_ONLY
    epochs: int = 30
    batch_size: int = 32
    shuffle: str = SHUFFLES[0]
    optimizer: Any = "adam"
    learning_rate: Any = None
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float | None = None
    class_weight: Mapping[Any, float] | str | None = None
    seeds: int | Sequence[int] | None = None
    until_decided: bool = False
    validation: float | int | None = None
    split_seed: int = 0
    stratify: bool = True
    train_size: int | None = None
    image_size: int | tuple[int, int] | None = None
    scale: str | None = None
    scale_from: str = MEASURED_ON[0]
    weights: str | None = None
    precision: str = "auto"
    device: str = "auto"
    workers: int | str = "auto"
    margin: float = 0.005
    name: str | None = None
    out: str | Path | None = None
    command: str = ""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            _require_whole(name, getattr(self, name), 1)
        _require_whole("split_seed", self.split_seed, 0)
        if self.train_size is not None:
            _require_whole("train_size", self.train_size, 2)
        for name, known in (("shuffle", SHUFFLES), ("scale_from", MEASURED_ON)):
            if getattr(self, name) not in known:
                value = getattr(self, name)
                raise OptionError(f"There is no {name.replace('_', '-')} {value!r}. {nearest(str(value), known)}")
        read_optimizer(self)
        read_class_weight(self.class_weight)
        _require(_number(self.margin) and 0 < self.margin < 1, "margin", self.margin, "a fraction between 0 and 1")
        _require(self.name is None or isinstance(self.name, str), "name", self.name, "a text")
        for name in ("until_decided", "stratify"):
            _require(isinstance(getattr(self, name), bool), name, getattr(self, name), "True or False")
        if self.until_decided and self.seeds is not None:
            raise OptionError(
                "seeds and until-decided exclude each other: a study that runs until decided takes "
                f"{', '.join(map(str, LOOKS[:-1]))} or {LOOKS[-1]} seeds. Leave one of them out."
            )
        seeds = tuple(map(int, _seed_list(SEEDS if self.seeds is None else self.seeds)))
        self.looks = tuple(tuple(range(count)) for count in LOOKS) if self.until_decided else (seeds,)
        for name in ("epochs", "batch_size", "split_seed", "train_size"):  # NumPy's numbers are no JSON
            setattr(self, name, None if getattr(self, name) is None else int(getattr(self, name)))
        self.margin = float(self.margin)

    @classmethod
    def read(cls, source: str | Path, **settings: Any) -> "Study":
        """The study that a study file holds, or a preset. A file in a study's directory goes on with that study.

        Args:
            source: a ``.toml`` file, or the name of a preset (``regimen list presets``).
            settings: arguments of `Study` that override those of the file.

        Raises:
            OptionError: no such file or preset, or something in it that cannot be used.
        """
        from regimen.study.file import read_settings

        return cls(**read_settings(source, [item.name for item in fields(cls)], settings))

    def write(self, path: str | Path) -> Path:
        """Writes the study to a study file, which `read` and ``regimen study`` take; see docs/study_files.md.

        A model that was given in Python is saved beside it as ``.keras``, arrays as ``.npz``. Workers and directory
        are not written.

        Args:
            path: of the file, which must not exist; ends in ``.toml``.

        Returns:
            The path.

        Raises:
            RegimenError: the file exists or cannot be written, or cannot hold the study.
        """
        from regimen.study.writing import write_study

        return write_study(self, Path(path))

    def run(
        self,
        listener: Listener | None = None,
        loading: Callable[[int, int, str], None] | None = None,
        executor: Executor | None = None,
    ) -> StudyResult:
        """Trains every run that the study's directory does not hold yet, and says what they show.

        Args:
            listener: called with each event, a dict with the key ``event``: ``planned`` (arms, seeds, epochs, folder,
                notes), ``started``, ``epoch`` (epoch, metrics), ``finished`` (status, restored) and ``failed``
                (error), these with arm and seed; ``look`` (arms, seeds) when seeds are added; ``note`` (text).
            loading: called with (done, total, what is done) while images are decoded or downloaded.
            executor: where runs happen; by default worker processes on this machine.

        Returns:
            The result; its ``failed`` names runs that failed.

        Raises:
            RegimenError: anything that makes the study impossible.
        """
        from regimen.study.conduct import conduct

        folder = conduct(self, listener or (lambda event: None), loading, executor)
        return load_result(folder)


def _seed_list(seeds: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(seeds, Sequence) and not isinstance(seeds, str):
        for seed in seeds:
            _require_whole("each seed", seed, 0)
        if len(set(seeds)) == len(seeds) > 0:
            return tuple(seeds)
        raise OptionError(f"seeds must be different from each other, and at least one; received {list(seeds)}.")
    _require_whole("seeds", seeds, 1)
    return tuple(range(seeds))


def _number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _require_whole(name: str, value: Any, low: int) -> None:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= low
    _require(whole, name, value, f"a whole number, at least {low}")


def _require(condition: bool, name: str, value: Any, expected: str) -> None:
    if not condition:
        raise OptionError(f"{name} must be {expected}; received {value!r}.")
