"""``python -m regimen.executors.worker``: trains jobs that arrive on standard input, one JSON document a line.

Events leave on what was standard output; anything else that prints goes to standard error. When standard input closes,
because the study ended or its process was killed, the worker ends at once.
"""

import base64
import contextlib
import ctypes
import gc
import json
import os
import platform
import queue
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from regimen.errors import RegimenError
from regimen.executors.job import Event, Job
from regimen.models.classes import import_classes


def main() -> None:
    """Serves until standard input closes."""
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # the process is killed in the end, and would lose what it holds back
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    greeting = json.loads(lines.get())
    sys.path.extend(path for path in greeting["path"] if path not in sys.path)
    os.environ["KERAS_BACKEND"] = "torch"
    with hidden("matplotlib", "pandas", "sklearn"):
        import keras  # noqa: F401
    import_classes(base64.b64decode(greeting["classes"]))
    while True:
        serve(Job.from_json(json.loads(lines.get())), events)
        give_memory_back()


def serve(job: Job, events: TextIO) -> None:
    """Trains one job and writes its events."""

    def tell(kind: str, **data: Any) -> None:
        events.write(Event(kind, job.key, data).to_line() + "\n")

    epoch = 0
    try:
        run = _prepare(job)
        tell("started")
        for epoch, metrics in enumerate(run.train() if run is not None else (), 1):
            tell("epoch", epoch=epoch, metrics=metrics)
        tell("ended", **_result(job, whole=run is None))
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:
        traceback.print_exc()
        message = str(error) if isinstance(error, RegimenError) else f"{type(error).__name__}: {error}"
        tell("failed", error=f"{message} (after {epoch} epochs)" if epoch else message)


def _prepare(job: Job) -> Any:
    """The run, or None if a worker finished it and the study was killed before hearing of it."""
    from regimen.data.dataset import open_mapped
    from regimen.engine.batches import Images
    from regimen.engine.training import Run, RunData
    from regimen.store.run_folder import RunFolder
    from regimen.store.study_store import load_split

    folder = RunFolder(Path(job.study) / "runs" / job.key)
    if folder.result() is not None:
        return None
    dataset, split = open_mapped(Path(job.data)), load_split(Path(job.study))
    train, test = dataset.train, dataset.test
    data = RunData(
        Images.of(train.images, train.labels, split["training"]),
        Images.of(train.images, train.labels, split["validation"]),
        Images.of(test.images, test.labels) if test is not None else None,
    )
    weights = None
    if job.weights is not None:
        from safetensors.numpy import load_file

        weights = load_file(job.weights)
    return Run(job.plan, job.seed, data, folder, weights)


def _result(job: Job, *, whole: bool) -> dict[str, Any]:
    from regimen.store.run_folder import RunFolder

    result = RunFolder(Path(job.study) / "runs" / job.key).result()
    history = result.pop("history")
    return {**result, "environment": environment(job.plan.device), **({"history": history} if whole else {})}


def give_memory_back() -> None:
    """Returns to the system what a run has freed; within a run it is kept, see `regimen.executors.local.ENVIRONMENT`.

    Between runs, as pieces that stay would otherwise make each run's memory a little larger than that of the one
    before. Only glibc has, and needs, a function for this.
    """
    gc.collect()
    with contextlib.suppress(AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def hidden(*modules: str) -> Iterator[None]:
    """Within, these modules cannot be imported. Keras imports them where it finds them; a run needs none of them.

    They take a third of a worker's imports, and 90 MB.
    """
    missing = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def environment(device: str) -> dict[str, str]:
    """What numbers may depend on beyond the plan."""
    import keras
    import torch

    versions = {"python": platform.python_version(), "torch": torch.__version__, "keras": keras.__version__}
    if device == "cuda":
        return {**versions, "processor": torch.cuda.get_device_name(), "cuda": str(torch.version.cuda)}
    capabilities = torch.cpu.get_capabilities()
    return {
        **versions,
        "processor": str(capabilities.get("cpu_name") or platform.processor() or platform.machine()),
        "instruction set": torch.backends.cpu.get_cpu_capability(),
    }


def _read(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
