"""What an executor runs, and what it reports."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from regimen.plan import Plan


@dataclass(frozen=True)
class Job:
    """One run to be trained.

    Attributes:
        key: of the run.
        plan: what to train.
        seed: its seed.
        study: path of the study's directory.
        data: path of the memory-mapped dataset.
        weights: path of kept initial weights (safetensors); None draws fresh ones.
    """

    key: str
    plan: Plan
    seed: int
    study: str
    data: str
    weights: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal job."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Job":
        """The inverse of `to_json`."""
        return cls(**{**data, "plan": Plan.from_json(data["plan"])})


@dataclass(frozen=True)
class Event:
    """Something that happened to a run.

    Attributes:
        kind: ``started``, ``epoch``, ``ended`` (trained to the end, perhaps diverged) or ``failed``.
        key: of the run.
        data: for ``epoch``: epoch (1-based) and metrics; for ``ended``: status, selected_epoch, wall_seconds,
            environment, run_by_keras; for ``failed``: error.
    """

    kind: str
    key: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Event":
        """The inverse of `to_line`."""
        return cls(**json.loads(line))


class Executor(Protocol):
    """Where runs happen."""

    def run(self, jobs: Sequence[Job]) -> Iterator[Event]:
        """Trains every job and yields events as they come. Closing the iterator stops the work."""
