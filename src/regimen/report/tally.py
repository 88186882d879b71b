"""Counts what happens in a study: which runs are done, how far the others are, how long the rest will take."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_FEWEST_EPOCHS = 3  # before these are trained, nothing is said about the time left


@dataclass
class RunTally:
    """What is known of one run.

    Attributes:
        arm: its arm.
        seed: its seed.
        status: ``"waiting"``, ``"running"``, ``"finished"``, ``"diverged"`` or ``"failed"``.
        restored: whether it was finished before this study was started again.
        epoch: the last one reported, 1-based; 0 before.
        metrics: of that epoch.
        best: the epoch with the lowest clean validation loss among those reported; 0 before.
        best_accuracy: validation accuracy there, a fraction.
        started: when, on the clock of the tally.
        seconds: from start to end; NaN before.
    """

    arm: str
    seed: int
    status: str = "waiting"
    restored: bool = False
    epoch: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    best: int = 0
    best_accuracy: float = math.nan
    started: float = math.nan
    seconds: float = math.nan
    _lowest: float = math.inf

    @property
    def name(self) -> str:
        """Arm and seed."""
        return f"{self.arm} seed {self.seed}"

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ("finished", "diverged", "failed")

    def advance(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Takes the metrics of an epoch."""
        self.epoch, self.metrics = epoch, metrics
        loss = metrics.get("clean_val_loss", math.nan)
        if loss < self._lowest:
            self._lowest, self.best = loss, epoch
            self.best_accuracy = metrics.get("val_acc", math.nan)

    def end(self, status: str, now: float, *, restored: bool = False) -> None:
        """Ends as finished, diverged or failed."""
        self.status, self.restored, self.seconds = status, restored, now - self.started


@dataclass(frozen=True)
class ArmTally:
    """How far one arm is."""

    name: str
    done: int
    total: int
    epochs: int
    running: tuple[RunTally, ...]


class Tally:
    """All runs of a study.

    Args:
        arms: names.
        seeds: of every arm.
        epochs: of a run that is not stopped early.
        clock: seconds since any fixed moment.
    """

    def __init__(self, arms: Sequence[str], seeds: Sequence[int], epochs: int, clock: Callable[[], float]) -> None:
        self.epochs = epochs
        self._clock, self._begun = clock, clock()
        self._first_start: float | None = None
        self._trained = 0  # epochs, here and now
        self._runs = {(arm, seed): RunTally(arm, seed) for arm in arms for seed in seeds}

    def record(self, event: Mapping[str, Any]) -> RunTally | None:
        """Takes an event; returns the run that it is about, None for an event of another kind."""
        kind = event["event"]
        if kind == "look":  # a study that is not decided adds seeds
            for key in ((arm, seed) for arm in event["arms"] for seed in event["seeds"]):
                self._runs.setdefault(key, RunTally(*key))
        if kind not in ("started", "epoch", "finished", "failed"):
            return None
        key = event["arm"], event["seed"]
        run = self._runs.setdefault(key, RunTally(*key))
        now = self._clock()
        if kind in ("started", "epoch") and run.status != "running":
            run = self._runs[key] = RunTally(*key, status="running", started=now)  # a failed run may be tried again
            self._first_start = now if self._first_start is None else self._first_start
        if kind == "epoch":
            run.advance(event["epoch"], event["metrics"])
            self._trained += 1
        elif kind == "finished":
            run.end(event.get("status", "finished"), now, restored=bool(event.get("restored")))
        elif kind == "failed":
            run.end("failed", now)
        return run

    @property
    def total(self) -> int:
        """Number of runs."""
        return len(self._runs)

    @property
    def done(self) -> int:
        """Number of runs that are over, failed ones included."""
        return sum(run.over for run in self._runs.values())

    def running(self) -> list[RunTally]:
        """Runs under way."""
        return [run for run in self._runs.values() if run.status == "running"]

    def arms(self) -> list[ArmTally]:
        """Every arm, in the order given."""
        by_arm: dict[str, list[RunTally]] = {}
        for run in self._runs.values():
            by_arm.setdefault(run.arm, []).append(run)
        return [
            ArmTally(
                name,
                sum(run.over for run in runs),
                len(runs),
                self.epochs,
                tuple(run for run in runs if run.status == "running"),
            )
            for name, runs in by_arm.items()
        ]

    def troubles(self) -> dict[str, int]:
        """How many runs failed or diverged, and how many were not trained again."""
        runs = self._runs.values()
        return {
            "finished before": sum(run.restored for run in runs),
            "diverged": sum(run.status == "diverged" for run in runs),
            "failed": sum(run.status == "failed" for run in runs),
        }

    def elapsed(self) -> float:
        """Seconds since the study was started."""
        return self._clock() - self._begun

    def share(self) -> float:
        """The part of the work that is done, 0–1; a run that is over counts whole, however early it stopped."""
        return 1.0 - self._epochs_left() / max(1, self.epochs * self.total)

    def seconds_left(self) -> float | None:
        """Seconds that the rest will take at the pace so far; None before there is a pace, and at the end.

        Runs that were finished before took no time and say nothing about it.
        """
        left = self._epochs_left()
        if self._trained < _FEWEST_EPOCHS or self._first_start is None or not left:
            return None
        return left * (self._clock() - self._first_start) / self._trained

    def _epochs_left(self) -> int:
        return sum(max(0, self.epochs - run.epoch) for run in self._runs.values() if not run.over)
