"""Runs on this machine: one worker process per core, one run each, one thread per run."""

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from regimen.errors import OptionError
from regimen.executors.job import Event, Job
from regimen.models.classes import export_classes

ATTEMPTS = 2
"""How often a run is tried whose worker process dies."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "KERAS_BACKEND": "torch",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # the same sums every time, on a GPU
    # glibc gives large arrays back to the system as soon as they are freed, and each new one then costs page faults:
    # about a seventh of a step of cifar_cnn. Kept instead.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**26),
}
"""Of worker processes."""


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resolve_workers(wanted: str | int, device: str = "cpu") -> int:
    """The number of worker processes; ``auto`` is one per core, or one for a GPU.

    Args:
        wanted: ``auto`` or a number.
        device: ``cpu`` or ``cuda``.

    Raises:
        OptionError: neither ``auto`` nor a whole number of at least 1.
    """
    if wanted == "auto":
        return available_cores() if device == "cpu" else 1
    try:
        number = int(wanted)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise OptionError(f"workers must be auto or a whole number, at least 1; received {wanted!r}.")
    return number


class LocalExecutor:
    """Worker subprocesses that take runs from one queue.

    Args:
        workers: how many at most.
        logs: folder for what workers print.
    """

    def __init__(self, workers: int, logs: Path) -> None:
        self.workers = workers
        self.logs = logs

    def run(self, jobs: Sequence[Job]) -> Iterator[Event]:
        """Trains every job; a run whose worker dies is tried once more. Closing the iterator kills the workers."""
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.logs.mkdir(parents=True, exist_ok=True)
        greeting = {"path": sys.path, "classes": base64.b64encode(export_classes()).decode()}
        workers = [
            _Worker(self.logs / f"worker-{number}.log", json.dumps(greeting), jobs[0].plan.device)
            for number in range(min(self.workers, len(jobs)))
        ]
        for worker in workers:
            threading.Thread(target=worker.serve, args=(waiting, events), daemon=True).start()
        serving = len(workers)
        try:
            while serving:
                event = events.get()
                if event is None:
                    serving -= 1
                else:
                    yield event
        finally:
            for worker in workers:
                worker.stop()


class _Worker:
    """One subprocess, started anew when it dies."""

    def __init__(self, log: Path, greeting: str, device: str) -> None:
        self.log, self.greeting = log, greeting
        # otherwise Keras puts what it makes on a GPU as soon as there is one
        self.environment = {**os.environ, **ENVIRONMENT, "KERAS_TORCH_DEVICE": device}
        self.process: subprocess.Popen | None = None
        self.stopped = False
        self.ending = threading.Lock()

    def serve(self, waiting: "queue.SimpleQueue[Job]", events: "queue.SimpleQueue[Event | None]") -> None:
        """Takes jobs until there are none; None among the events says that it is done."""
        try:
            while not self.stopped:
                try:
                    job = waiting.get_nowait()
                except queue.Empty:
                    break
                self._train(job, events)
        finally:
            self.stop()
            events.put(None)

    def _train(self, job: Job, events: "queue.SimpleQueue[Event | None]") -> None:
        status: int | str = "unknown"
        for _ in range(ATTEMPTS):
            try:
                process = self._running()
                process.stdin.write(json.dumps(job.to_json()) + "\n")
                for line in process.stdout:
                    event = Event.from_line(line)
                    events.put(event)
                    if event.kind in ("ended", "failed"):
                        return
            except BrokenPipeError:
                pass
            except (OSError, ValueError) as error:  # no process to be had; ValueError: `stop` closed the pipes
                status = str(error)
            with self.ending:
                if self.stopped:
                    return
                if self.process is not None:
                    status = self._end()
        error = f"The worker process died {ATTEMPTS} times (exit status {status}). {self._last_words()}"
        events.put(Event("failed", job.key, {"error": error}))

    def _running(self) -> subprocess.Popen:
        with self.ending, self.log.open("ab") as log:
            if self.stopped:
                raise BrokenPipeError
            if self.process is None:
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "regimen.executors.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    bufsize=1,
                    env=self.environment,
                    start_new_session=True,  # Ctrl-C reaches the study, which then stops its workers
                )
                self.process.stdin.write(self.greeting + "\n")
            return self.process

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()[-3:] if self.log.exists() else []
        return f"Its log ends: {' / '.join(lines)}" if lines else f"Its log {self.log.name} is empty."

    def _end(self) -> int:
        """Kills the process and closes its pipes; its exit status."""
        process, self.process = self.process, None
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        return status

    def stop(self) -> None:
        """Kills the process; a run that was under way goes on from its checkpoint another time."""
        with self.ending:
            self.stopped = True
            if self.process is not None:
                self._end()
