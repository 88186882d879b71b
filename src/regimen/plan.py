"""A plan: everything that determines a run except data and seed. Frozen, JSON-serialisable, hashed."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from regimen.models.graph import Graph
from regimen.models.nodes import Json

BASELINE = "baseline"
"""The name of the arm without a remedy."""


@dataclass(frozen=True)
class Scaling:
    """How uint8 pixels become the numbers that the network sees: ``(pixel - mean) / std`` per channel.

    Attributes:
        kind: ``standard``, ``unit`` or ``none``, as the user chose it.
        mean: per channel, in units of pixels (0–255); one entry serves all channels.
        std: likewise; never 0.
        measured_on: the images that mean and std are statistics of: ``training`` (the part that is trained on) or
            ``all`` (the validation part too).
    """

    kind: str = "none"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    measured_on: str = "training"


@dataclass(frozen=True)
class Transform:
    """A change drawn anew for every batch of training images.

    Attributes:
        kind: name in the registry of `regimen.engine.transforms`.
        settings: its parameters.
    """

    kind: str
    settings: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Mixing:
    """A blend of training images and of their labels, drawn anew for every batch.

    Attributes:
        kind: ``mixup`` or ``cutmix``.
        alpha: of the Beta(α, α) from which the share of the first image is drawn; above 0.
        probability: of a batch to be mixed; above 0, at most 1.
    """

    kind: str
    alpha: float
    probability: float = 1.0


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes in the course of a training.

    Attributes:
        kind: name in the registry of `regimen.engine.schedules`.
        settings: its parameters.
    """

    kind: str
    settings: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """An optimizer with Keras' semantics and defaults.

    Attributes:
        name: ``adam``, ``rmsprop`` or ``sgd``.
        learning_rate: above 0.
        momentum: 0–1, RMSprop and SGD only.
        nesterov: SGD only.
        beta_1: decay of the first moment, Adam only.
        beta_2: decay of the second moment, Adam only.
        epsilon: Adam and RMSprop only; Adam adds it before bias correction, RMSprop under the root, as Keras does.
        weight_decay: decoupled: before each step, weights lose this share of themselves times the learning rate.
        decayed: keys of the layers whose kernels decay; none: all weights do, as in Keras' ``AdamW``.
        global_clipnorm: longest gradient over all parameters together; None does not clip.
        rho: decay of the mean square, RMSprop only.
        centered: the mean gradient is taken off the mean square, RMSprop only.
        undecayed: where all weights decay, words that stand in the names of those that do not, such as ``bias``.
        clipnorm: longest gradient of each parameter by itself; None does not clip.
        clipvalue: largest entry of a gradient; None does not clip.
    """

    name: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    decayed: tuple[str, ...] = ()
    global_clipnorm: float | None = None
    rho: float = 0.9
    centered: bool = False
    undecayed: tuple[str, ...] = ()
    clipnorm: float | None = None
    clipvalue: float | None = None


@dataclass(frozen=True)
class Stopping:
    """End training once ``clean_val_loss`` has not improved for so many epochs.

    Attributes:
        patience: epochs, at least 1.
        min_delta: an improvement smaller than this does not count.
        restore_best: the run ends with the weights of its best epoch instead of its last.
    """

    patience: int
    min_delta: float = 0.0
    restore_best: bool = True


@dataclass(frozen=True)
class Plan:
    """Everything that determines a run except data and seed.

    Attributes:
        graph: the network.
        loss: ``categorical`` (softmax or logits; sparse and one-hot labels give the same numbers) or ``binary``.
        scaling: of pixels.
        transforms: of training images, in order.
        mixing: of training images and labels, after the transforms; of several, each batch draws one.
        label_smoothing: share of each training label that is spread evenly over all classes, 0–1.
        class_weights: by how much the training loss of an image of each class is multiplied, above 0; none: all are 1;
            ``balanced``: inversely to how many training images the class has.
        optimizer: with its learning rate.
        schedule: of the learning rate; None keeps it.
        averaging: momentum of a moving average of the weights, which is what validates and is handed over; 0 has none.
        stopping: early stopping; None trains all epochs.
        batch_size: images per step; the last batch of an epoch may be smaller.
        shuffle: ``each-epoch`` draws a new order of the training images for every epoch, ``once`` repeats that of the
            first.
        epochs: at most so many.
        precision: ``float32`` or ``bfloat16``.
        device: ``cpu`` or ``cuda``.
        threads: of one run.
        weights: ``fresh``, or the SHA-256 of the kept weights.
    """

    graph: Graph
    loss: str = "categorical"
    scaling: Scaling = Scaling()
    transforms: tuple[Transform, ...] = ()
    mixing: tuple[Mixing, ...] = ()
    label_smoothing: float = 0.0
    optimizer: Optimizer = Optimizer()
    schedule: Schedule | None = None
    averaging: float = 0.0
    stopping: Stopping | None = None
    batch_size: int = 32
    shuffle: str = "each-epoch"
    epochs: int = 30
    precision: str = "float32"
    threads: int = 1
    weights: str = "fresh"
    class_weights: tuple[float, ...] | str = ()
    device: str = "cpu"

    def with_graph(self, graph: Graph) -> "Plan":
        """The same plan for another network."""
        return replace(self, graph=graph)

    def with_transform(self, transform: Transform) -> "Plan":
        """The plan with one more transform, after the others."""
        return replace(self, transforms=(*self.transforms, transform))

    def steps(self, images: int) -> int:
        """Of the whole training with so many training images, if it does not stop early."""
        return self.epochs * -(-images // self.batch_size)

    def to_json(self) -> Json:
        """Plain data from which `from_json` makes an equal plan."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> "Plan":
        """The inverse of `to_json`, also after a trip through JSON text."""
        stopping, schedule = data["stopping"], data["schedule"]
        return cls(
            **{
                **_tuples(data),
                "graph": Graph.from_json(data["graph"]),
                "scaling": Scaling(**_tuples(data["scaling"])),
                "transforms": tuple(Transform(**transform) for transform in data["transforms"]),
                "mixing": tuple(Mixing(**mixing) for mixing in data["mixing"]),
                "optimizer": Optimizer(**_tuples(data["optimizer"])),
                "schedule": Schedule(**schedule) if schedule else None,
                "stopping": Stopping(**stopping) if stopping else None,
            }
        )

    def digest(self) -> str:
        """SHA-256 of what determines the numbers: neither display names of layers nor settings at their defaults count.

        So a plan keeps its digest when plans learn a new setting; a default must not change within an engine version.
        """
        return digest({**_but_defaults(self), "graph": self.graph.canonical()})


def _tuples(data: Json) -> Json:
    """Settings with the tuples that JSON made lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _but_defaults(item: Any) -> Any:
    """Plain data of a dataclass, without the fields that have their default values."""
    if isinstance(item, tuple):
        return [_but_defaults(each) for each in item]
    if not is_dataclass(item):
        return item
    return {
        entry.name: _but_defaults(getattr(item, entry.name))
        for entry in fields(item)
        if getattr(item, entry.name) != entry.default
    }


def digest(data: Any) -> str:
    """SHA-256 of plain data in its canonical JSON form.

    >>> digest({"a": 1, "b": (2, 3)}) == digest({"b": [2, 3], "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What a remedy changed in a plan.

    Attributes:
        remedy: the remedy as it would be written on the command line.
        changes: one line each; a layer's name first, where there is one.
    """

    remedy: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Arm:
    """A named plan in a study.

    Attributes:
        name: as shown; `BASELINE` has no remedy.
        plan: what is trained.
        receipts: one per remedy, in the order in which they were applied.
    """

    name: str
    plan: Plan
    receipts: tuple[Receipt, ...] = ()
