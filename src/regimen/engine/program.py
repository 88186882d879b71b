"""A graph as a torch module: each call of a layer is one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn

from regimen.engine.counterparts import Counterpart, counterpart
from regimen.engine.counterparts.fallback import KerasOperation
from regimen.engine.counterparts.pooling import MaxPooling2D
from regimen.models.building import decode, weight_names
from regimen.models.graph import Graph
from regimen.models.nodes import Call
from regimen.plan import Optimizer
from regimen.seeds import derive


@dataclass(frozen=True)
class _Slot:
    """Stands among a call's arguments for what an earlier call returned."""

    call: str
    output: int


@dataclass(frozen=True)
class _Step:
    call: Call
    module: Counterpart
    args: Any
    kwargs: Any
    source: _Slot | None  # the only argument, where it is a first output: the common case, kept fast
    done_with: tuple[str, ...]  # calls that no later step reads


class Program(nn.Module):
    """Computes what a graph's Keras model computes, with weights and gradients in torch.

    Args:
        graph: what to compute.
        weights: initial weights by `regimen.models.building.weight_names`; None draws them.
        seed: of the initial weights that are drawn.
    """

    def __init__(self, graph: Graph, weights: Mapping[str, Any] | None = None, *, seed: int = 0) -> None:
        super().__init__()
        _, layers = graph.build(weights, seed=seed)
        self.keys = list(layers)
        self.parts = nn.ModuleList(counterpart(layer) for layer in layers.values())
        self.names = {
            key: weight_names(key, layer) if getattr(layer, "weights", None) else [] for key, layer in layers.items()
        }
        self.fallbacks = tuple(
            graph.layer(key).name for key, part in self.modules_by_key() if isinstance(part, KerasOperation)
        )
        self.output = _Slot(*graph.output)
        self.image = next(call.id for call in graph.calls if graph.layer(call.layer).class_name == "InputLayer")
        self.steps = self._compile(graph, layers)

    def modules_by_key(self) -> list[tuple[str, Counterpart]]:
        """Each layer's key with its counterpart."""
        return list(zip(self.keys, self.parts, strict=True))

    def forward(self, images: Tensor, *, training: bool) -> Tensor:
        """The graph's output.

        Args:
            images: float32 (B, H, W, C), scaled.
            training: whether dropout is on and batch normalization uses the batch's statistics.
        """
        values: dict[str, Any] = {self.image: images}
        for step in self.steps:
            mode = training if step.call.training is None else step.call.training
            if step.source is not None:
                values[step.call.id] = step.module(_output(values[step.source.call], 0), training=mode)
            else:
                args, kwargs = _fill(step.args, values), _fill(step.kwargs, values)
                values[step.call.id] = step.module(*args, training=mode, **kwargs)
            for call in step.done_with:
                del values[call]
        return _fill(self.output, values)

    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def decayed(self, optimizer: Optimizer) -> list[nn.Parameter]:
        """The parameters that an optimizer's weight decay is about: of chosen layers their weights but biases."""
        chosen, kept = optimizer.decayed, ("bias",) if optimizer.decayed else optimizer.undecayed
        return [
            parameter
            for key, part in self.modules_by_key()
            if not chosen or key in chosen
            for name, parameter in part.trainable()
            if not any(word in name for word in kept)
        ]

    def penalty(self) -> Tensor | None:
        """The sum of all regularization losses, `take_activities` among them, a scalar; None where there are none."""
        losses = [*self.take_activities(), *(loss for part in self.parts for loss in part.penalty())]
        return torch.stack([loss.float() for loss in losses]).sum() if losses else None

    def take_activities(self) -> list[Tensor]:
        """The regularization losses of what layers returned since this was last called, scalars."""
        losses = [loss for part in self.parts for loss in part.activities]
        for part in self.parts:
            part.activities.clear()
        return losses

    def constrain(self) -> None:
        """Applies weight constraints, after an optimizer step."""
        with torch.no_grad():
            for part in self.parts:
                part.constrain()

    def reseed(self, seed: int, epoch: int) -> None:
        """Sets every layer's stream of random numbers for one epoch."""
        for key, part in self.modules_by_key():
            part.reseed(derive(seed, "layer", key, epoch))

    def weights(self) -> dict[str, Tensor]:
        """Copies of all weights by name, in Keras' axes, in the memory of the host."""
        return {
            name: tensor.clone(memory_format=torch.contiguous_format).cpu()
            for key, part in self.modules_by_key()
            for name, tensor in zip(self.names[key], part.weights() if self.names[key] else [], strict=True)
        }

    def set_weights(self, weights: Mapping[str, Tensor]) -> None:
        """The inverse of `weights`."""
        for key, part in self.modules_by_key():
            if self.names[key]:
                part.set_weights([weights[name] for name in self.names[key]])

    def generators(self) -> list[torch.Generator]:
        """The streams of random numbers that `reseed` sets."""
        return [part.generator for part in self.parts if hasattr(part, "generator")]

    def _compile(self, graph: Graph, layers: Mapping[str, Any]) -> list[_Step]:
        parts = dict(self.modules_by_key())
        slots = _Slots()
        calls = [call for call in graph.calls if call.id != self.image]
        last_use = {ref.call: call.id for call in calls for ref in call.refs()}
        last_use.pop(self.output.call, None)
        self._activate_behind_pooling(graph, parts)
        steps = []
        for call in calls:
            args, kwargs = _positional(layers[call.layer], decode(call.args, slots), decode(call.kwargs or {}, slots))
            only = args[0] if len(args) == 1 and not kwargs and isinstance(args[0], _Slot) else None
            source = only if only is not None and only.output == 0 else None
            done_with = tuple(name for name, user in last_use.items() if user == call.id)
            steps.append(_Step(call, parts[call.layer], args, kwargs, source, done_with))
        return steps

    def _activate_behind_pooling(self, graph: Graph, parts: Mapping[str, Counterpart]) -> None:
        for key, pooling in parts.items():
            if isinstance(pooling, MaxPooling2D):
                calls = graph.calls_of(key)
                before = graph.call(calls[0].refs()[0].call)
                alone = graph.consumers(before.id) == calls and before.id not in (self.image, self.output.call)
                if alone and len(graph.calls_of(before.layer)) == 1:
                    pooling.take_activation(parts[before.layer])


def _positional(layer: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a call such as ``layer(inputs=x)`` as counterparts take them, without Keras' names for them."""
    args, kwargs = list(args), dict(kwargs)
    for name in list(signature(layer.call).parameters)[len(args) :]:
        if name not in kwargs:
            break
        args.append(kwargs.pop(name))
    return args, kwargs


class _Slots(dict):
    """Maps any call to a sequence of slots, one per output."""

    def __getitem__(self, call: str) -> Any:
        return _Outputs(call)


@dataclass(frozen=True)
class _Outputs:
    call: str

    def __getitem__(self, output: int) -> _Slot:
        return _Slot(self.call, output)


def _output(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list | tuple) else value


def _fill(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, _Slot):
        return _output(values[template.call], template.output)
    if isinstance(template, dict):
        return {key: _fill(item, values) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return type(template)(_fill(item, values) for item in template)
    return template
