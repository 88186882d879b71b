"""Where one of Regimen's training steps goes, on one core: ``python regimen_profile.py SETTINGS.json``.

Prints one line of JSON: ``model``; ``precision``; ``step_ms``; ``shares`` of a step by kind of operation, which sum up
to 1, as the profiler sees them; ``gflop``: multiplications and additions of a step; ``product_gflop_per_second``: of
large square matrices in the same precision, which is about what the core can do.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from regimen_study import study

STEPS, SIZE = 60, 2048
KINDS = {  # how names of operations begin, the first that fits
    "convolutions, forward": ("aten::mkldnn_convolution", "aten::_slow_conv2d_forward", "aten::thnn_conv2d"),
    "convolutions, gradients": ("aten::convolution_backward",),
    "pooling": ("aten::max_pool2d",),
    "batch normalization": ("aten::native_batch_norm", "aten::batch_norm"),
    "dense layers": ("aten::addmm", "aten::mm"),
    "ReLU": ("aten::relu", "aten::clamp_min", "aten::threshold_backward"),
    "dropout and scaling of pixels": ("aten::random_", "aten::lt", "aten::mul"),
    "optimizer": ("aten::_fused_adam_", "Optimizer.step"),
    "copies": ("aten::copy_", "aten::_to_copy", "aten::fill_"),
    "other operations": ("",),
}


def main() -> None:
    """Reads the settings and takes steps."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(profiled(settings, Path(folder))), flush=True)


def profiled(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is printed.

    Args:
        settings: as `regimen_study` takes them.
        folder: an empty one.
    """
    import torch
    from torch.profiler import ProfilerActivity, profile
    from torch.utils.flop_counter import FlopCounterMode

    from regimen.engine.batches import Images
    from regimen.engine.mixing import Targets
    from regimen.engine.precision import resolve_precision
    from regimen.engine.training import Run, RunData
    from regimen.store.run_folder import RunFolder
    from regimen.study.planning import plan_trial

    asked = study(settings)
    trial = plan_trial(asked).computed(resolve_precision(asked.precision, "cpu"), "cpu")
    train = trial.dataset.train
    parts = (Images.of(train.images, train.labels, part) for part in (trial.split.training, trial.split.validation))
    run = Run(trial.baseline, 0, RunData(*parts, None), RunFolder(folder))
    batches = list(islice(run.data.training.shuffled(run.plan.batch_size, 0, 1), STEPS))

    def steps(count: int = len(batches)) -> None:
        for pixels, labels in batches[:count]:
            run.step(pixels, Targets(labels), run.plan.optimizer.learning_rate)

    step = seconds(steps, 3) / len(batches)
    with profile(activities=[ProfilerActivity.CPU]) as found:
        started = time.perf_counter()
        steps()
        taken = time.perf_counter() - started
    with FlopCounterMode(display=False) as counter:
        steps(1)
    shares = dict.fromkeys(KINDS, 0.0)
    for event in found.key_averages():
        kind = next(kind for kind, beginnings in KINDS.items() if event.key.startswith(beginnings))
        shares[kind] += event.self_cpu_time_total / 1e6 / taken
    square = torch.rand(SIZE, SIZE).to(getattr(torch, run.plan.precision))
    return {
        "model": Path(settings["models"][0]).stem,
        "precision": run.plan.precision,
        "step_ms": 1e3 * step,
        "shares": {**shares, "Python": 1 - sum(shares.values())},
        "gflop": counter.get_total_flops() / 1e9,
        "product_gflop_per_second": 2 * SIZE**3 / seconds(lambda: square @ square, 5) / 1e9,
    }


def seconds(work: Callable[[], object], times: int) -> float:
    """The median of what it takes, after once for warming up."""
    taken = []
    for _ in range(1 + times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken[1:])


if __name__ == "__main__":
    main()
