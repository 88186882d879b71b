"""What a model's output layer means, and the network up to its logits."""

from dataclasses import dataclass

from regimen.errors import ModelError
from regimen.models.graph import Graph
from regimen.models.nodes import Layer

_PASSING_ON = ("Reshape", "Flatten", "Identity", "Dropout", "GlobalAveragePooling2D")
"""Layers that hand on what an earlier one computed: its activation is the output's."""

_ACTIVATIONS = (
    *("CELU", "ELU", "Exp", "GELU", "HardSigmoid", "HardTanh", "LeakyReLU", "PReLU", "ReLU", "ReLU6", "SELU"),
    *("Sigmoid", "SiLU", "Softplus", "Softsign", "Swish", "Tanh"),
)
"""Layers and operations that are an activation by themselves, none of which yields logits."""


@dataclass(frozen=True)
class Output:
    """How a model's output becomes class probabilities.

    Attributes:
        loss: ``categorical`` or ``binary``.
        activation: ``softmax``, ``sigmoid`` or ``linear``, as the model ends.
        logits: the graph without that activation: cross-entropy is taken from logits, as TensorFlow does.
    """

    loss: str
    activation: str
    logits: Graph


def read_output(graph: Graph, classes: int) -> Output:
    """The meaning of a graph's output for a dataset with so many classes.

    Raises:
        ModelError: the output does not fit the classes; says what was expected.
    """
    activation, logits = final_activation(graph)
    shape = tuple(graph.output_shape)
    received = f"shape {shape} with activation {activation}"
    if shape == (classes,) and activation in ("softmax", "linear"):
        return Output("categorical", activation, logits)
    if shape == (1,) and classes == 2 and activation in ("sigmoid", "linear"):
        return Output("binary", activation, logits)
    if shape == (2,) and classes == 2 and activation == "sigmoid":
        received += " (two sigmoids are not a distribution over two classes)"
    binary = " or one unit with sigmoid or linear activation" if classes == 2 else ""
    raise ModelError(
        f"The model's output layer {graph.output_layer.name!r} does not fit the data: expected {classes} units, "
        f"one per class, with softmax or linear activation{binary}; received {received}. "
        f"End the model with Dense({classes}, activation='softmax'), or check the data's classes."
    )


def final_activation(graph: Graph) -> tuple[str, Graph]:
    """The activation that a graph ends with, and the graph up to what it is applied to.

    Raises:
        ModelError: the activation belongs to a layer that is also called elsewhere.
    """
    while _does_nothing(graph.output_layer) and len(graph.calls_of(graph.output_layer.key)) == 1:
        graph = graph.without(graph.output_layer.key)  # Activation("linear", dtype="float32") after a softmax
    last = graph.output_layer
    activation = _activation(last)
    if activation not in ("softmax", "sigmoid"):
        return (_handed_on(graph, last) if activation == "linear" else activation), graph
    if len(graph.calls_of(last.key)) > 1:
        raise ModelError(
            f"The model's output layer {last.name!r} is shared: it is called {len(graph.calls_of(last.key))} times. "
            "End the model with a layer of its own."
        )
    fused = "activation" in last.config and last.class_name != "Activation"
    return activation, graph.with_config(last.key, activation="linear") if fused else graph.without(last.key)


def _activation(layer: Layer) -> str:
    """``softmax``, ``sigmoid`` …, fused or a layer of its own; ``linear`` where there is none."""
    if layer.class_name == "Softmax":
        return "softmax"
    if layer.class_name.lower() in (name.lower() for name in _ACTIVATIONS):
        return layer.class_name.lower()
    activation = layer.config.get("activation", "linear") or "linear"
    if layer.kind.startswith("custom:") and activation != "linear":
        return "of its own"  # what a user's class does with it is not known here
    return activation if isinstance(activation, str) else "of its own"


def _does_nothing(layer: Layer) -> bool:
    return layer.class_name == "Identity" or (
        layer.class_name == "Activation" and layer.config.get("activation") in (None, "linear")
    )


def _handed_on(graph: Graph, last: Layer) -> str:
    call = graph.call(graph.output.call)
    while last.class_name in _PASSING_ON:
        call = graph.call(call.refs()[0].call)
        last = graph.layer(call.layer)
    activation = _activation(last)
    return activation if activation == "linear" else f"{activation} before {graph.output_layer.name!r}"
