"""Places of layers that are inserted: the role of the input, and what frozen layers exclude."""

import keras
import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.models.graph import Graph
from regimen.plan import Plan
from regimen.remedies import BatchNorm, Dropout, GroupNorm, StochasticDepth
from regimen.remedies.where import before_frozen, insertion_points


def graph_of(*body):
    return Graph.from_keras(keras.Sequential([keras.Input((8, 8, 3), name="image"), *body]))


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ([], "image"),
        ([layers.Rescaling(1 / 255, name="scale")], "scale"),
        ([layers.RandomFlip(name="flip"), layers.Rescaling(1 / 255, name="scale")], "scale"),
        ([layers.Rescaling(1 / 255), layers.Normalization(mean=0.5, variance=0.1, name="norm")], "norm"),
        ([layers.ZeroPadding2D(name="pad"), layers.Rescaling(1 / 255, name="scale")], "image"),
    ],
)
def test_the_input_is_past_scaling_and_random_augmentation(start, last):
    graph = graph_of(*start, layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2))
    assert insertion_points(graph, "input", "dropout") == [(last, False)]


def test_an_input_with_two_consumers_is_the_place():
    given = keras.Input((8, 8, 3), name="image")
    both = layers.Concatenate()([layers.Rescaling(2.0)(given), layers.Conv2D(2, 1)(given)])
    graph = Graph.from_keras(keras.Model(given, layers.Dense(2)(layers.Flatten()(both))))
    assert insertion_points(graph, "input", "dropout") == [("image", False)]
    changed = Dropout(where="input").apply(Plan(graph))[0].graph
    assert len(changed.consumers("image_dropout")) == 2


FROZEN_MIDDLE = (
    *(layers.Conv2D(2, 3, name="a"), layers.MaxPooling2D(name="p1")),
    *(layers.Conv2D(2, 2, name="b", trainable=False), layers.MaxPooling2D(name="p2")),
    *(layers.Flatten(name="f"), layers.Dense(3, name="hidden"), layers.Dense(2, name="output")),
)


def test_calls_before_frozen_weights():
    assert before_frozen(graph_of(*FROZEN_MIDDLE)) == {"image", "a", "p1"}
    assert before_frozen(graph_of(layers.BatchNormalization(trainable=False), layers.Flatten())) == set()


def test_roles_leave_out_places_in_front_of_frozen_layers():
    graph = graph_of(*FROZEN_MIDDLE)
    assert insertion_points(graph, "blocks", "dropout") == [("p2", False)]
    assert insertion_points(graph, "p*", "dropout") == [("p1", False), ("p2", False)]
    with pytest.raises(RemedyError, match=r"where=input has no place.*frozen layers, which were trained for it"):
        insertion_points(graph, "input", "dropout")


@pytest.mark.parametrize("plan", ["finetuned"], indirect=True)
def test_a_frozen_base_is_left_as_it_is(plan):
    with pytest.raises(
        RemedyError,
        match=r"dropout: where=blocks has no place in this model: what passes there goes on to frozen layers, which "
        r"were trained for it as it is. Use where=head or where=dense, or name layers, for example where=rescaling",
    ):
        Dropout().apply(plan)
    (change,) = Dropout(where="head").apply(plan)[1].changes
    assert change == "gap: Dropout(0.2) before it"
    (change,) = Dropout(where="block_3_expand_relu").apply(plan)[1].changes
    assert change == "block_3_expand_relu: Dropout(0.2) after it"
    for remedy in (BatchNorm, GroupNorm):
        (change,) = remedy().apply(plan)[1].changes
        assert change.startswith("hidden: ")
    with pytest.raises(RemedyError, match="every residual addition passes its sum on to frozen layers"):
        StochasticDepth().apply(plan)
    (change,) = StochasticDepth(where="block_2_add").apply(plan)[1].changes
    assert change == "block_2_add: the branch from block_2_project_BN is left out with probability 0.2"
