"""Optimizers with Keras' semantics, on torch's fused kernels."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from regimen.plan import Optimizer


class KerasAdam(torch.optim.Adam):
    """Adam that adds epsilon before bias correction, as Keras does.

    Keras divides by √v + ε and corrects the bias in the learning rate; torch corrects √v first. The two are equal when
    torch is given ε / √(1 − β₂ᵗ).

    Source: Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR, the form before section 2.1.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], settings: Optimizer) -> None:
        self.settings = settings
        self.steps = 0
        super().__init__(
            parameters, lr=settings.learning_rate, betas=(settings.beta_1, settings.beta_2), eps=0.0, fused=True
        )

    def step(self, closure: None = None) -> None:
        """One update."""
        self.steps += 1
        epsilon = self.settings.epsilon / math.sqrt(1 - self.settings.beta_2**self.steps)
        for group in self.param_groups:
            group["eps"] = epsilon
        super().step(closure)


def _adam(parameters: Sequence[nn.Parameter], settings: Optimizer) -> torch.optim.Optimizer:
    return KerasAdam(parameters, settings)


def _sgd(parameters: Sequence[nn.Parameter], settings: Optimizer) -> torch.optim.Optimizer:
    # Keras keeps velocity = momentum·velocity − rate·gradient, torch a buffer without the rate: equal at a fixed rate.
    nesterov = settings.nesterov and settings.momentum > 0
    return torch.optim.SGD(
        parameters, lr=settings.learning_rate, momentum=settings.momentum, nesterov=nesterov, fused=True
    )


OPTIMIZERS: dict[str, Callable[[Sequence[nn.Parameter], Optimizer], torch.optim.Optimizer]] = {
    "adam": _adam,
    "sgd": _sgd,
}


def save_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors by name (``0/exp_avg``), contiguous."""
    return {
        f"{index}/{name}": value.contiguous()
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
        if isinstance(value, Tensor)
    }


def load_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """The inverse of `save_state`, on a new optimizer for the same parameters."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, value in tensors.items():
        index, entry = name.split("/")
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            value = torch.empty_like(parameter).copy_(value).detach()  # in the parameter's memory format
        optimizer.state[parameter][entry] = value
        if entry == "step" and isinstance(optimizer, KerasAdam):
            optimizer.steps = int(value)
