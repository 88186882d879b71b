"""Runs one contender as fresh processes, and notes when each epoch ended."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from memory import Peak

LOOK_SECONDS = 0.2
LIMIT_SECONDS = 3600.0
UNSET = (
    *("KERAS_BACKEND", "LD_PRELOAD", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"),
    *("MKL_NUM_THREADS", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS", "TF_NUM_INTEROP_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "XLA_FLAGS"),
)
"""Variables of the user's that would favour or handicap a contender."""


@dataclass(frozen=True)
class Contender:
    """Someone who trains.

    Attributes:
        name: as the page shows it.
        commands: one per process; all run at the same time.
        environment: variables beside those of the harness.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class ContenderError(Exception):
    """A contender did not finish."""


def run(contender: Contender, *, memory: bool = False) -> dict[str, Any]:
    """Runs a contender to its end.

    Args:
        contender: who.
        memory: whether its memory is looked at while it runs, which takes time of its own.

    Returns:
        ``wall_seconds`` of the whole; ``ends``: for each training, the seconds after the start at which each of its
        epochs ended; ``val_accuracies`` at the end of each training, 0–1; ``peak_bytes`` and ``below_bytes``, see
        `memory.Peak`, None if not looked at.

    Raises:
        ContenderError: a process failed, or all together took more than an hour.
    """
    environment = _environment(contender)
    peak, epochs = Peak(), [{} for _ in contender.commands]
    with tempfile.TemporaryFile("w+") as log, contextlib.ExitStack() as stack:
        started = time.monotonic()
        processes = [stack.enter_context(_process(command, environment, log)) for command in contender.commands]
        readers = [
            threading.Thread(target=_listen, args=(process.stdout, started, found), daemon=True)
            for process, found in zip(processes, epochs, strict=True)
        ]
        for reader in readers:
            reader.start()
        for process in processes:
            while not _ended(process):
                if memory:
                    peak.look(process.pid for process in processes)
                if time.monotonic() - started > LIMIT_SECONDS:
                    raise ContenderError(f"not finished after {LIMIT_SECONDS:.0f} s")
        for reader in readers:
            reader.join()
        wall_seconds = time.monotonic() - started
        statuses = [process.returncode for process in processes]
        if any(statuses):
            log.seek(0)
            raise ContenderError(f"exit status {max(statuses, key=abs)}: {_last(log)}")
    trainings = [found[training] for found in epochs for training in sorted(found)]
    return {
        "wall_seconds": wall_seconds,
        "ends": [[seconds for seconds, _ in training] for training in trainings],
        "val_accuracies": [training[-1][1] for training in trainings],
        "peak_bytes": peak.total,
        "below_bytes": peak.below,
    }


def ask(contender: Contender) -> Any:
    """The JSON that a contender of one process prints.

    Raises:
        ContenderError: it failed, or took more than an hour.
    """
    environment = _environment(contender)
    try:
        options = {"env": environment, "capture_output": True, "text": True, "timeout": LIMIT_SECONDS}
        answer = subprocess.run(contender.commands[0], **options)
    except subprocess.TimeoutExpired:
        raise ContenderError(f"not finished after {LIMIT_SECONDS:.0f} s") from None
    if answer.returncode:
        raise ContenderError(f"exit status {answer.returncode}: {_last(answer.stderr.splitlines())}")
    return json.loads(answer.stdout.splitlines()[-1])


def _last(lines: Iterable[str]) -> str:
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "it said nothing"


def _environment(contender: Contender) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in UNSET} | contender.environment


@contextlib.contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str], log: IO[str]) -> Iterator[subprocess.Popen]:
    """A process of a session of its own, killed with its children if it is left before its end."""
    options = {"stdout": subprocess.PIPE, "stderr": log, "text": True, "start_new_session": True}
    with subprocess.Popen(command, env=environment, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _ended(process: subprocess.Popen) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LOOK_SECONDS)
    return process.returncode is not None


def _listen(lines: Iterable[str], started: float, epochs: dict[int, list[tuple[float, float]]]) -> None:
    """Notes when the line of each epoch arrives, and its accuracy; other lines are not for us."""
    for line in lines:
        seconds = time.monotonic() - started
        with contextlib.suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            epochs.setdefault(told["training"], []).append((seconds, told["val_accuracy"]))
