from dataclasses import replace

import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.plan import Optimizer
from regimen.remedies import WeightDecay


@pytest.mark.parametrize(
    ("where", "decayed"),
    [
        ("all", ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "hidden")),
        ("dense", ("hidden",)),
        ("output", ("output",)),
    ],
)
def test_the_optimizer_decays_the_kernels_of_the_layers(plan, where, decayed):
    changed, receipt = WeightDecay(0.05, where).apply(plan)
    assert changed.optimizer == Optimizer(weight_decay=0.05, decayed=decayed)
    assert changed.graph is plan.graph
    (change,) = receipt.changes
    assert change.startswith("training: at each step the kernels of ")
    assert change.endswith(f"{decayed[-1]} shrink by 0.05 × the learning rate")


@pytest.mark.parametrize("plan", ["nested"], indirect=True)
def test_layers_are_found_by_key(plan):
    assert WeightDecay().apply(plan)[0].optimizer.decayed == ("block/c", "hidden")


@pytest.mark.parametrize("plan", ["finetuned"], indirect=True)
def test_frozen_layers_do_not_decay(plan):
    assert WeightDecay().apply(plan)[0].optimizer.decayed == ("hidden",)
    with pytest.raises(RemedyError, match="weightdecay: frozen weights do not change, so weightdecay on Conv1 does n"):
        WeightDecay(where="Conv1").apply(plan)


def test_twice(plan):
    with pytest.raises(RemedyError, match="weightdecay: the weights already decay"):
        (WeightDecay(where="dense") + WeightDecay(where="block*")).apply(plan)


def test_an_optimizer_that_decays_all_weights(plan):
    with pytest.raises(RemedyError, match=r"all weights already decay, by 0\.004, as the study's optimizer says"):
        WeightDecay().apply(replace(plan, optimizer=Optimizer(weight_decay=0.004)))


def test_nothing_to_decay(make_plan):
    with pytest.raises(RemedyError, match=r"matches no layer that weightdecay could apply to"):
        WeightDecay(0).apply(make_plan(layers.Flatten(), layers.Dense(2)))


@pytest.mark.parametrize("factor", [-1, float("inf"), "1", False])
def test_factors_out_of_range(factor):
    with pytest.raises(RemedyError, match="weightdecay: factor must be a number, at least 0; received"):
        WeightDecay(factor)
