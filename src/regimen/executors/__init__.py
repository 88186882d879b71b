"""Where runs happen."""

from regimen.executors.job import Event, Executor, Job
from regimen.executors.local import LocalExecutor, resolve_workers

__all__ = ["Event", "Executor", "Job", "LocalExecutor", "resolve_workers"]
