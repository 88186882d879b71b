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

    def update(self, rate: float) -> None:
        """One update with this learning rate."""
        self.steps += 1
        for group in self.param_groups:
            group["lr"] = rate
            group["eps"] = self.settings.epsilon / math.sqrt(1 - self.settings.beta_2**self.steps)
        self.step()


class KerasSGD(torch.optim.SGD):
    """SGD whose velocity holds the learning rate, as in Keras: momentum · velocity − rate · gradient.

    torch's holds gradients alone, which differs once the rate changes; so the rate is multiplied into the gradients.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], settings: Optimizer) -> None:
        nesterov = settings.nesterov and settings.momentum > 0
        super().__init__(parameters, lr=1.0, momentum=settings.momentum, nesterov=nesterov, fused=True)

    def update(self, rate: float) -> None:
        """One update with this learning rate."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(rate)
        self.step()


OPTIMIZERS: dict[str, Callable[[Sequence[nn.Parameter], Optimizer], KerasAdam | KerasSGD]] = {
    "adam": KerasAdam,
    "sgd": KerasSGD,
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
