import pytest
from keras import layers

from regimen.errors import RemedyError
from regimen.remedies import Dropout


def places(plan, where, rate=0.25):
    """(what a Dropout takes, its name) in the order of the network."""
    graph = Dropout(rate, where).apply(plan)[0].graph
    added = [call for call in graph.calls if graph.layer(call.layer).class_name == "Dropout"]
    assert {graph.layer(call.layer).config["rate"] for call in added} == {rate}
    return [(graph.call(call.refs()[0].call).layer, call.layer) for call in added]


@pytest.mark.parametrize(
    ("plan", "where", "expected"),
    [
        ("sequential", "blocks", [("block1_pool", "block1_pool_dropout"), ("block2_pool", "block2_pool_dropout")]),
        ("sequential", "head", [("block2_pool", "flatten_dropout")]),
        ("sequential", "dense", [("flatten", "hidden_dropout")]),
        ("sequential", "hidden", [("hidden", "hidden_dropout")]),
        ("sequential", "*_conv2", [(f"block{n}_conv2", f"block{n}_conv2_dropout") for n in (1, 2)]),
        (
            *("sequential", "block1_*1/hidden"),
            [("block1_conv1", "block1_conv1_dropout"), ("hidden", "hidden_dropout")],
        ),
        ("functional", "blocks", [("pool", "pool_dropout")]),
        ("functional", "head", [("relu", "gap_dropout")]),
        ("functional", "dense", [("gap", "hidden_dropout")]),
        ("nested", "blocks", [("block/p", "block/p_dropout")]),
        ("nested", "c", [("block/c", "block/c_dropout")]),
        ("residual", "blocks", [("sum1", "sum1_dropout")]),
        ("residual", "head", [("sum2", "gap_dropout")]),
    ],
    indirect=["plan"],
)
def test_places(plan, where, expected):
    assert places(plan, where) == expected


@pytest.mark.parametrize("plan", ["residual"], indirect=True)
def test_both_branches_of_a_residual_block_see_the_same_units(plan):
    graph = Dropout().apply(plan)[0].graph
    assert {call.layer for call in graph.consumers("sum1_dropout")} == {"b2", "shortcut"}
    assert [call.layer for call in graph.consumers("sum1")] == ["sum1_dropout"]


def test_the_only_downsampling_counts(make_plan):
    plan = make_plan(
        layers.Conv2D(2, 3), layers.Conv2D(2, 3, strides=2, name="down"), layers.Flatten(), layers.Dense(2)
    )
    assert [name for _, name in places(plan, "blocks")] == ["down_dropout"]


def test_the_logits_are_never_dropped(make_plan):
    plan = make_plan(layers.Flatten(name="f"), layers.Dense(3, name="scores"), layers.Softmax(name="s"))
    assert places(plan, "*") == [("f", "f_dropout")]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("blocks", "where=blocks has no place.*no pooling layer.*for example where=f. Layers: f, hidden"),
        (
            "block",
            r"where=block matches no layer.*The roles are input, blocks, head, dense.*These it could: f, hidden\.",
        ),
        ("conv*", "where=conv. matches no layer"),
        ("scores", "where=scores matches no layer"),
    ],
)
def test_no_place(make_plan, where, message):
    plan = make_plan(layers.Flatten(name="f"), layers.Dense(4, name="hidden"), layers.Dense(3, name="scores"))
    with pytest.raises(RemedyError, match=message):
        Dropout(where=where).apply(plan)
    with pytest.raises(RemedyError, match=message):
        Dropout(0, where=where).apply(plan)


def test_no_head_and_no_dense(make_plan):
    plan = make_plan(layers.Reshape((128,), name="r"), layers.Dense(3))
    with pytest.raises(RemedyError, match=r"where=head has no place.*no Flatten and no global pooling"):
        Dropout(where="head").apply(plan)
    with pytest.raises(RemedyError, match=r"where=dense has no place.*no Dense layer before the output"):
        Dropout(where="dense").apply(plan)


def test_a_model_of_one_layer(make_plan):
    with pytest.raises(RemedyError, match="where=blocks has no place"):
        Dropout().apply(make_plan(layers.Conv2D(3, 8)))


def test_a_shared_layer(make_plan):
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    plan = make_plan(shared, shared, layers.Flatten(), layers.Dense(2))
    with pytest.raises(RemedyError, match="dropout: Cannot insert Dropout at layer 'shared': it is shared"):
        Dropout(where="shared").apply(plan)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan"), "0.2", True, None])
def test_rates_out_of_range(rate):
    with pytest.raises(RemedyError, match="dropout: rate must be a number, at least 0 and below 1; received"):
        Dropout(rate)


@pytest.mark.parametrize("where", ["", "a,b", "a|b", "a+b", "a:b", "a b", "a=b", None])
def test_places_that_cannot_be_written(where):
    with pytest.raises(RemedyError, match="dropout: where must be a role or a pattern on layer names"):
        Dropout(where=where)
