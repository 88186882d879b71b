"""Any layer or operation without a counterpart: Keras runs it, under its torch backend, inside our loop."""

from typing import Any

import keras
import torch
from torch import Tensor, nn

from regimen.engine.counterparts.counterpart import Counterpart
from regimen.errors import ModelError


class KerasOperation(Counterpart):
    """A Keras operation on tensors, such as ``x[:, ::2]``."""

    def __init__(self, operation: Any) -> None:
        nn.Module.__init__(self)
        _require_torch(operation.name)
        self.operation, self.weight_names = operation, []
        self.penalized, self.constrained, self.activities = [], [], []

    def forward(self, *args: Any, training: bool, **kwargs: Any) -> Any:
        """Whatever the operation takes and returns."""
        return self.operation(*args, **kwargs)


class KerasLayer(KerasOperation):
    """A Keras layer, with Keras' own code, weights and losses."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer)
        for variable in layer.variables:
            if _is_random_state(variable):
                continue
            variable.value.requires_grad_(variable.trainable and layer.trainable)
        self.regularizers = sum(variable.regularizer is not None for variable in layer.trainable_weights)
        self.weight_names = [variable.name for variable in layer.weights]
        self.constrained = [
            (variable, variable.constraint) for variable in layer.trainable_weights if variable.constraint is not None
        ]

    def forward(self, *args: Any, training: bool, **kwargs: Any) -> Any:
        """Whatever the layer takes and returns."""
        result = self.operation(*args, training=training, **kwargs)
        losses = self.operation.losses  # of this call, its activities and whatever it added, then of the weights
        self.activities += losses[: len(losses) - self.regularizers]
        return result

    def reseed(self, seed: int) -> None:
        """Sets the state of every random generator that the layer owns, and of those that all layers share."""
        keras.utils.set_random_seed(seed % 2**32)
        torch.manual_seed(seed)
        with torch.no_grad():
            for variable in filter(_is_random_state, self.operation.variables):
                variable.assign(torch.tensor([seed % 2**31, 0]).to(variable.value.dtype))

    def trainable(self) -> list[tuple[str, nn.Parameter]]:
        """The weights that training changes, with their names."""
        return [(variable.name, variable.value) for variable in self.operation.trainable_weights]

    def penalty(self) -> list[Tensor]:
        """The regularization losses of the weights, scalars."""
        losses = self.operation.losses
        return losses[len(losses) - self.regularizers :]

    def constrain(self) -> None:
        """Applies Keras' weight constraints."""
        for variable, constraint in self.constrained:
            variable.assign(constraint(variable))

    def weights(self) -> list[Tensor]:
        """The weights in Keras' order."""
        return [variable.value.detach() for variable in self.operation.weights]

    def set_weights(self, arrays: list[Tensor]) -> None:
        """The inverse of `weights`."""
        with torch.no_grad():
            for variable, array in zip(self.operation.weights, arrays, strict=True):
                variable.value.copy_(array)


def _is_random_state(variable: Any) -> bool:
    return "seed_generator_state" in variable.path


def _require_torch(name: str) -> None:
    if keras.backend.backend() != "torch":
        raise ModelError(
            f"Layer {name!r} has no counterpart in the engine, so Keras must run it, and that needs its torch backend; "
            f"this process uses {keras.backend.backend()!r}. Start with KERAS_BACKEND=torch."
        )
