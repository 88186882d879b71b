"""What a model's output layer means, and the network up to its logits."""

from dataclasses import dataclass

from regimen.errors import ModelError
from regimen.models.graph import Graph


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
    """The activation that a graph ends with, and the graph up to what it is applied to."""
    last = graph.output_layer
    if last.class_name == "Softmax":
        return "softmax", graph.without(last.key)
    activation = last.config.get("activation", "linear") or "linear"
    if activation not in ("softmax", "sigmoid"):
        return activation if isinstance(activation, str) else "of its own", graph
    if last.class_name == "Activation":
        return activation, graph.without(last.key)
    return activation, graph.with_config(last.key, activation="linear")
