"""Optimizers with Keras' semantics, on torch's fused kernels where they can have them."""

import math
from collections.abc import Callable, Sequence
from typing import Any

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

    def update(self, rate: float | Tensor) -> None:
        """One update with this learning rate."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(rate)
        self.step()


class KerasRMSprop(torch.optim.Optimizer):
    """RMSprop that adds epsilon under the root, as Keras does; torch adds it to the root.

    Source: Tieleman & Hinton (2012), Lecture 6.5: RMSProp, COURSERA: neural networks for machine learning; centered:
    Graves (2013), Generating sequences with recurrent neural networks, arXiv:1308.0850, section 4.2. As in Keras, the
    momentum is of steps, which hold the learning rate.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], settings: Optimizer) -> None:
        self.settings = settings
        super().__init__(parameters, {})

    @torch.no_grad()
    def update(self, rate: float | Tensor) -> None:
        """One update with this learning rate."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, rate)

    def _update(self, parameter: nn.Parameter, gradient: Tensor, rate: float | Tensor) -> None:
        state, settings = self.state[parameter], self.settings
        for name, kept in (("square", True), ("mean", settings.centered), ("velocity", settings.momentum)):
            if kept and name not in state:
                state[name] = torch.zeros_like(parameter)
        square = state["square"].mul_(settings.rho).addcmul_(gradient, gradient, value=1 - settings.rho)
        root = square + settings.epsilon
        if settings.centered:
            mean = state["mean"].mul_(settings.rho).add_(gradient, alpha=1 - settings.rho)
            root.addcmul_(mean, mean, value=-1)
        root.sqrt_()
        if isinstance(rate, Tensor):
            gradient, rate = gradient * rate, 1.0
        if settings.momentum:
            parameter.sub_(state["velocity"].mul_(settings.momentum).addcdiv_(gradient, root, value=rate))
        else:
            parameter.addcdiv_(gradient, root, value=-rate)


class RecordableAdam(torch.optim.Optimizer):
    """`KerasAdam` for steps that are recorded: it counts them on the device, and takes the learning rate from there."""

    def __init__(self, parameters: Sequence[nn.Parameter], settings: Optimizer) -> None:
        self.settings = settings
        super().__init__(parameters, {})

    @torch.no_grad()
    def update(self, rate: Tensor) -> None:
        """One update with this learning rate, a float64 scalar."""
        settings = self.settings
        parameters = [value for group in self.param_groups for value in group["params"] if value.grad is not None]
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter]["step"] = torch.zeros((), dtype=torch.float64)
                self.state[parameter]["exp_avg"] = torch.zeros_like(parameter)
                self.state[parameter]["exp_avg_sq"] = torch.zeros_like(parameter)
        steps, means, squares = (
            [self.state[parameter][name] for parameter in parameters] for name in ("step", "exp_avg", "exp_avg_sq")
        )
        gradients = [parameter.grad for parameter in parameters]
        torch._foreach_add_(steps, 1.0)
        torch._foreach_lerp_(means, gradients, 1 - settings.beta_1)
        torch._foreach_mul_(squares, settings.beta_2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - settings.beta_2)
        corrected = rate * (1 - settings.beta_2 ** steps[0]).sqrt() / (1 - settings.beta_1 ** steps[0])
        roots = torch._foreach_sqrt(squares)
        torch._foreach_add_(roots, settings.epsilon)
        updates = torch._foreach_div(means, roots)
        torch._foreach_mul_(updates, corrected.float())
        torch._foreach_sub_(parameters, updates)


OPTIMIZERS: dict[str, Callable[[Sequence[nn.Parameter], Optimizer], Any]] = {
    "adam": KerasAdam,
    "rmsprop": KerasRMSprop,
    "sgd": KerasSGD,
}
RECORDABLE = {**OPTIMIZERS, "adam": RecordableAdam}
"""Those whose ``update`` takes the learning rate as a tensor, and changes nothing but tensors."""


def save_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors by name (``0/exp_avg``), contiguous."""
    return {
        f"{index}/{name}": value.contiguous().cpu()
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
        else:
            value = value.to(parameter.device)
        optimizer.state[parameter][entry] = value
        if entry == "step" and isinstance(optimizer, KerasAdam):
            optimizer.steps = int(value)
