"""From what the user asks for to the runs that answer it: dataset, split, arms with their plans, keys of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from regimen.data import Dataset, Split, load, split
from regimen.data.load import checked_size
from regimen.engine.version import ENGINE_VERSION
from regimen.errors import DataError, ModelError, OptionError, RemedyError
from regimen.language import say
from regimen.models.graph import Graph
from regimen.models.output import read_output
from regimen.models.source import find_model, shaped, wanted_shape
from regimen.plan import BASELINE, Arm, Plan, Receipt, digest
from regimen.remedies import Remedy, named_arms, parse_arms
from regimen.study.class_weights import class_weights
from regimen.study.initial_weights import kept_weights, weights_hash
from regimen.study.optimizers import read_optimizer, require_rates
from regimen.study.scaling import measure, scale_kind

DEFAULT_ARMS = {
    "l2": ("l2=0.001",),
    "dropout": ("dropout=0.2,where=blocks", "dropout=0.2,where=head"),
    "batchnorm": ("batchnorm",),
    "flip": ("flip",),
    "shift": ("shift",),
}
"""The arms of a study that names none: of each the first that has a place in the model; else a note says why not."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A study made concrete.

    Attributes:
        dataset: as the model needs it.
        split: its training and validation parts.
        arms: the baseline first.
        judged_at: arm → ``selected`` or ``last``.
        division: how the split was made, in words.
        model: the Keras model that was planned for.
        weights: kept initial weights by name; None where they are drawn.
        notes: sentences about what was decided on the way.
    """

    dataset: Dataset
    split: Split
    arms: tuple[Arm, ...]
    judged_at: Mapping[str, str]
    division: str
    model: Any
    weights: Mapping[str, np.ndarray] | None
    notes: tuple[str, ...]

    @property
    def baseline(self) -> Plan:
        """The plan without a remedy."""
        return self.arms[0].plan

    def identity(self) -> str:
        """What makes two studies the same one: all but arms, seeds and how it is computed, so that a study can grow."""
        plan = replace(self.baseline, precision="auto", device="cpu", threads=0)
        return digest([self.dataset.fingerprint, self.split_digest, plan.digest()])

    @cached_property
    def split_digest(self) -> str:
        """SHA-256 of which images train and which validate."""
        return digest([self.split.training.tolist(), self.split.validation.tolist()])

    def key(self, arm: Arm, seed: int) -> str:
        """The key of a run: a hash of all that determines it."""
        parts = [self.dataset.fingerprint, self.split_digest, arm.plan.digest(), seed, ENGINE_VERSION]
        return digest(parts)[:24]

    def computed(self, precision: str, device: str) -> "Trial":
        """The same trial, computed in this precision on this device."""
        return replace(self, arms=self._planned(precision=precision, device=device))

    def with_more(self, remedies: Mapping[str, Remedy]) -> "Trial":
        """The same trial with more arms.

        Raises:
            OptionError: there is an arm of that name already.
            RemedyError: one that cannot be applied.
        """
        twice = [name for name in remedies if name in self.judged_at]
        if twice:
            raise OptionError(f"There are two arms called {twice[0]!r}. Give one another name: NAME: remedy.")
        arms, judged_at = _arms(self.baseline, remedies)
        return replace(self, arms=(*self.arms, *arms[1:]), judged_at={**self.judged_at, **judged_at})

    def with_split(self, parts: Split, division: str) -> "Trial":
        """The same trial of images that are divided otherwise, and scaled by their statistics."""
        before = self.baseline.scaling
        scaling = measure(before.kind, self.dataset.train.images, parts, before.measured_on)
        return replace(self, split=parts, division=division, arms=self._planned(scaling=scaling))

    def _planned(self, **settings: Any) -> tuple[Arm, ...]:
        """The arms with other settings in all their plans."""
        return tuple(replace(arm, plan=replace(arm.plan, **settings)) for arm in self.arms)


def find_data(data: Any, wanted: Sequence[int | None], image_size: Any = None, progress: Any = None) -> Dataset:
    """The dataset in the size and colour that a model wants.

    Args:
        data: a `Dataset`, what `regimen.data.load` takes, or (images, labels[, test images, test labels]).
        wanted: (height, width, channels); None where anything will do.
        image_size: the user's choice; None follows the model.
        progress: called with (done, total, what is done) while images are decoded or downloaded.

    Raises:
        DataError: no such data, or none that fits.
        OptionError: the size that the user chose is none, or not the one that the model takes.
    """
    height, width, channels = wanted
    size = checked_size(image_size)
    if size is not None and None not in (height, width) and size != (height, width):
        raise OptionError(
            f"The image size {size[0]}x{size[1]} does not fit the model, which takes {height}x{width}. "
            "Leave the size out, or change the model's Input."
        )
    if size is not None:
        height, width = size
    if isinstance(data, tuple) and len(data) in (2, 4):
        data = Dataset.from_arrays(*data)
    if not isinstance(data, Dataset | str | Path):
        raise DataError(
            f"The data must be a Dataset, a path, a name, or (images, labels); received {type(data).__qualname__}. "
            "Make a dataset from arrays with Dataset.from_arrays(x, y)."
        )
    if isinstance(data, Dataset):
        return data.fitted_to(height, width, channels)
    target = (height, width) if None not in (height, width) else None
    return load(data, image_size=target, channels=channels, progress=progress).fitted_to(height, width, channels)


def plan_trial(study: Any, progress: Any = None) -> Trial:
    """Makes a study concrete.

    Args:
        study: the `regimen.study.study.Study`.
        progress: called while images are decoded or downloaded.

    Raises:
        RegimenError: anything in it that cannot be done.
    """
    found = find_model(study.model)
    dataset = find_data(study.data, wanted_shape(found), study.image_size, progress)
    model = shaped(found, dataset.train.images.shape[1:], len(dataset.class_names))
    wanted = wanted_shape(model)
    if any(want not in (None, have) for want, have in zip(wanted, dataset.train.images.shape[1:], strict=True)):
        # a builder ignored the shape it was offered
        dataset = find_data(study.data, wanted, study.image_size, progress)
    shape, classes = dataset.train.images.shape[1:], len(dataset.class_names)
    graph = Graph.from_keras(model).with_input_shape(*shape)
    output = read_output(graph, classes)
    parts = split(
        dataset,
        validation=study.validation,
        seed=study.split_seed,
        train_size=study.train_size,
        stratify=study.stratify,
    )
    weights = kept_weights(model, graph, study.weights)
    kind, notes = scale_kind(graph, model, study.scale)
    optimizer, schedule = read_optimizer(study)
    plan = Plan(
        graph=graph,
        loss=output.loss,
        scaling=measure(kind, dataset.train.images, parts, study.scale_from),
        optimizer=optimizer,
        schedule=schedule,
        batch_size=study.batch_size,
        shuffle=study.shuffle,
        epochs=study.epochs,
        weights="fresh" if weights is None else weights_hash(weights),
        class_weights=class_weights(study.class_weight, dataset.class_names),
    )
    if schedule is not None:
        require_rates(plan, plan.steps(len(parts.training)))
    if study.arms is None:
        remedies, left_out = _default_remedies(plan)
        notes = (*notes, *left_out)
    else:
        remedies = read_arms(study.arms)
    arms, judged_at = _arms(plan, remedies)
    return Trial(dataset, parts, arms, judged_at, _division(study, dataset), model, weights, (*dataset.notes, *notes))


def read_arms(arms: Mapping[str, Remedy | str | None] | Sequence[str] | None) -> dict[str, Remedy]:
    """Remedies by arm name, from a mapping (values: remedies, or text) or from texts as ``--arm`` takes them.

    ``baseline`` may be named without a remedy, and is always there.

    Raises:
        OptionError: what are no arms, two arms of one name, or an arm called ``baseline`` that has a remedy.
        RemedyError: an arm that cannot be read.
    """
    found: dict[str, Remedy] = {}
    pairs: list[tuple[str, Remedy]] = []
    if isinstance(arms, Mapping):
        for name, remedy in arms.items():
            if not isinstance(name, str) or not name.strip():
                raise OptionError(f"The name of an arm must be a text, and not empty; received {name!r}.")
            if isinstance(remedy, str):
                pairs += named_arms(name, remedy).items()
            elif isinstance(remedy, Remedy):
                pairs.append((name, remedy))
            elif remedy is not None or name != BASELINE:
                raise OptionError(f"The arm {name!r} must be a remedy or its text; received {type(remedy).__name__}.")
    else:
        given = [arms] if isinstance(arms, Remedy | str) else () if arms is None else arms
        if not isinstance(given, Sequence) or not all(isinstance(arm, Remedy | str) for arm in given):
            raise OptionError(
                f"The arms must be remedies or their texts, by name or in a list; received {arms!r}. "
                'Write for example: arms = ["dropout=0.2", "flip"].'
            )
        for arm in given:
            if isinstance(arm, Remedy):
                pairs.append((str(arm), arm))
            elif arm.strip() != BASELINE:
                pairs += parse_arms(arm).items()
    for name, remedy in pairs:
        if name == BASELINE:
            raise OptionError(f"The arm {BASELINE!r} has no remedy; it is always part of a study. Choose another name.")
        if name in found:
            raise OptionError(f"There are two arms called {name!r}. Give one another name: NAME: remedy.")
        found[name] = remedy
    return found


def applicable(plan: Plan, remedies: Mapping[str, Remedy]) -> tuple[dict[str, Remedy], dict[str, str]]:
    """Those remedies that can be applied to a plan; and why the others cannot, by arm name."""
    found, refused = {}, {}
    for name, remedy in remedies.items():
        try:
            _changed(plan, remedy)
        except RemedyError as error:
            refused[name] = str(error)
        else:
            found[name] = remedy
    return found, refused


def _division(study: Any, dataset: Dataset) -> str:
    if study.validation is None and dataset.given_validation is not None:
        return say("the data's own validation part")
    if not study.stratify:
        return say("drawn regardless of class, seed {seed}", seed=study.split_seed)
    return say("stratified, seed {seed}", seed=study.split_seed)


def _default_remedies(plan: Plan) -> tuple[dict[str, Remedy], list[str]]:
    """The default arms that have a place in a plan, and a note on each of the others."""
    found, notes = {}, []
    for name, texts in DEFAULT_ARMS.items():
        choices, refused = applicable(plan, {text: parse_arms(text)[text] for text in texts})
        if choices:
            found[name] = next(iter(choices.values()))
        else:
            notes.append(say("The default arm {name} was left out: {why}", name=name, why=refused[texts[0]]))
    return found, notes


def _arms(plan: Plan, remedies: Mapping[str, Remedy]) -> tuple[tuple[Arm, ...], dict[str, str]]:
    arms, judged_at = [Arm(BASELINE, plan)], {BASELINE: "selected"}
    for name, remedy in remedies.items():
        try:
            arms.append(Arm(name, *_changed(plan, remedy)))
        except RemedyError as error:
            raise RemedyError(f"Arm {name!r}: {error}") from error
        judged_at[name] = remedy.judged_at
    return tuple(arms), judged_at


def _changed(plan: Plan, remedy: Remedy) -> tuple[Plan, tuple[Receipt, ...]]:
    """A plan to which a remedy is applied, with a receipt for each of its parts.

    Raises:
        RemedyError: it has no place, or makes a network that Keras does not build.
    """
    changed, receipts = plan, []
    for part in remedy.parts:
        changed, receipt = part.apply(changed)
        receipts.append(receipt)
    _require_buildable(changed.graph, plan.graph)
    return changed, tuple(receipts)


def _require_buildable(graph: Graph, baseline: Graph) -> None:
    """Refuses a network that Keras does not build, before anything is trained.

    Raises:
        RemedyError: shapes do not fit where a layer was inserted, removed or made narrower.
    """
    if graph == baseline:
        return
    graph.check()
    try:
        shape = graph.shapes[graph.output][1:]
    except ModelError as error:
        raise RemedyError(f"the changed model cannot be built: {error} Choose other layers with where=.") from error
    if shape != tuple(baseline.output_shape):
        raise RemedyError(
            f"the changed model returns shape {shape}, expected {tuple(baseline.output_shape)} as without the "
            "remedy. Choose other layers with where=."
        )
