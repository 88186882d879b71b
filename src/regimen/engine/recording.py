"""Steps that a GPU repeats by itself, as CUDA graphs: the host says once what is to be done, then only "again".

Requirements of a step that is recorded: it does not ask for a number, and what changes from step to step reaches it in
tensors, since numbers of the host stay as they were when it was recorded.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from regimen.engine.mixing import Targets

WARM_UP = 3
"""Steps of each kind before it is recorded, in which libraries choose algorithms and optimizers make their tensors."""

Step = Callable[[Tensor, Targets, Tensor], tuple[Tensor, Tensor]]


class Recorder(Protocol):
    """Runs a function, or records what it does."""

    def warm_up(self, function: Callable[[], Any]) -> Any:
        """Runs it."""

    def record(self, function: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """Notes what it does without doing it; returns what repeats it, and the tensors that then hold its result."""


class CudaGraphs:
    """The recorder of GPUs.

    As PyTorch's notes on CUDA graphs ask for it, steps run on the stream on which they are recorded.

    Args:
        generators: those that steps draw from; a graph that does not know one would repeat its numbers.
    """

    def __init__(self, generators: Sequence[torch.Generator]) -> None:
        self.generators, self.stream = generators, torch.cuda.Stream()

    def warm_up(self, function: Callable[[], Any]) -> Any:
        """Runs a function; what comes later on the current stream waits for it, the host does not."""
        with self._aside():
            return function()

    def record(self, function: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """A CUDA graph of what a function does."""
        graph = torch.cuda.CUDAGraph()
        for generator in self.generators:
            graph.register_generator_state(generator)
        with torch.cuda.graph(graph, stream=self.stream):
            result = function()
        return graph.replay, result

    @contextmanager
    def _aside(self) -> Iterator[None]:
        current = torch.cuda.current_stream()
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            yield
        current.wait_stream(self.stream)


@dataclass(frozen=True, eq=False)
class _Recording:
    inputs: list[Tensor]
    replay: Callable[[], None]
    result: tuple[Tensor, Tensor]


class RecordedStep:
    """A training step, recorded once for each kind of batch (the last of an epoch may be smaller), then repeated.

    Args:
        step: takes images, targets and the learning rate, a float64 scalar; returns the loss and the logits.
        recorder: `CudaGraphs`.
    """

    def __init__(self, step: Step, recorder: Recorder) -> None:
        self.step, self.recorder = step, recorder
        self.taken: dict[Any, int] = {}
        self.recordings: dict[Any, _Recording] = {}

    def __call__(self, images: Tensor, targets: Targets, rate: float) -> tuple[Tensor, Tensor]:
        """One step; what it returns is overwritten by the next step of this kind."""
        parts = {"images": images, "rate": torch.full((), rate, dtype=torch.float64), **vars(targets)}
        given = {name: value for name, value in parts.items() if value is not None}
        kind = tuple((name, value.shape, value.dtype) for name, value in given.items())
        self.taken[kind] = self.taken.get(kind, 0) + 1
        if self.taken[kind] <= WARM_UP:
            return self.recorder.warm_up(lambda: self._step(**given))
        if kind not in self.recordings:
            self.recordings[kind] = self._record(given)
        recording = self.recordings[kind]
        for held, value in zip(recording.inputs, given.values(), strict=True):
            held.copy_(value)
        recording.replay()
        return recording.result

    def _record(self, given: dict[str, Tensor]) -> _Recording:
        held = {name: value.clone() for name, value in given.items()}
        replay, result = self.recorder.record(lambda: self._step(**held))
        return _Recording(list(held.values()), replay, result)

    def _step(self, images: Tensor, rate: Tensor, **targets: Tensor) -> tuple[Tensor, Tensor]:
        return self.step(images, Targets(**targets), rate)
