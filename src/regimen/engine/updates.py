"""What a step does to the weights, in Keras' order: clipped gradients, decay, update, constraints, averages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from regimen.engine.optimizers import OPTIMIZERS, RECORDABLE, load_state, save_state
from regimen.engine.program import Program
from regimen.plan import Plan


class Updates:
    """Changes a program's weights, step by step.

    Args:
        program: whose weights.
        plan: with its optimizer and averaging.
    """

    def __init__(self, program: Program, plan: Plan) -> None:
        self.program, self.settings = program, plan.optimizer
        self.parameters = program.trainable()
        make = (RECORDABLE if plan.device == "cuda" else OPTIMIZERS)[plan.optimizer.name]
        self.optimizer = make(self.parameters, plan.optimizer) if self.parameters else None
        self.decayed = program.decayed(plan.optimizer) if plan.optimizer.weight_decay else []
        self.average = Average(self.parameters, plan.averaging) if plan.averaging else None

    def step(self, loss: Tensor, rate: float | Tensor) -> None:
        """One step down the gradient of a loss.

        Args:
            loss: a scalar.
            rate: the learning rate; a tensor where steps are recorded.
        """
        if self.optimizer is None:
            return
        loss.backward()
        self._clip()
        with torch.no_grad():
            for weight in self.decayed:
                weight.mul_(1 - rate * self.settings.weight_decay)
        self.optimizer.update(rate)
        self.optimizer.zero_grad(set_to_none=True)
        self.program.constrain()
        if self.average is not None:
            self.average.update()

    def _clip(self) -> None:
        if self.settings.global_clipnorm is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.settings.global_clipnorm)
        longest, largest = self.settings.clipnorm, self.settings.clipvalue
        if longest is None and largest is None:
            return
        for gradient in (parameter.grad for parameter in self.parameters if parameter.grad is not None):
            if longest is not None:
                gradient.mul_(longest / gradient.norm().clamp(min=longest))
            if largest is not None:
                gradient.clamp_(-largest, largest)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within, the program has the averaged weights, if the plan averages."""
        if self.average is None:
            yield
            return
        self.average.swap()
        try:
            yield
        finally:
            self.average.swap()

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint holds, by name; contiguous."""
        tensors = {} if self.optimizer is None else save_state(self.optimizer)
        if self.average is not None:
            tensors |= {f"average/{index}": value.contiguous().cpu() for index, value in enumerate(self.average.values)}
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state`."""
        if self.optimizer is not None:
            load_state(self.optimizer, {name: tensors[name] for name in tensors if not name.startswith("average/")})
        if self.average is not None:
            self.average.values = [
                torch.empty_like(parameter).copy_(tensors[f"average/{index}"]).detach()
                for index, parameter in enumerate(self.parameters)
            ]


class Average:
    """An exponential moving average of weights, which begins at the weights after the first step, as in Keras.

    Keras averages before weight constraints are applied, this after them.

    Source: Tarvainen & Valpola (2017), Mean teachers are better role models, NeurIPS 30, equation 3, with a fixed
    momentum.

    Args:
        parameters: what is averaged.
        momentum: share of the old average in the new one, 0 < momentum < 1.
    """

    def __init__(self, parameters: list[nn.Parameter], momentum: float) -> None:
        self.parameters, self.momentum = parameters, momentum
        self.values: list[Tensor] = []

    def update(self) -> None:
        """Takes the current weights into the average."""
        with torch.no_grad():
            if not self.values:
                self.values = [parameter.detach().clone() for parameter in self.parameters]
            for value, parameter in zip(self.values, self.parameters, strict=True):
                value.lerp_(parameter, 1 - self.momentum)

    def swap(self) -> None:
        """Puts the average in the place of the weights, or back."""
        for index, parameter in enumerate(self.parameters):
            self.values[index], parameter.data = parameter.data, self.values[index]
