"""What every remedy does, and on every kind of model."""

import inspect
import json
from dataclasses import fields, replace

import keras
import numpy as np
import pytest
import torch

from regimen.engine.batches import Images
from regimen.engine.program import Program
from regimen.engine.training import Run, RunData
from regimen.errors import RemedyError
from regimen.plan import Optimizer, Plan, Scaling
from regimen.remedies import FAMILIES, REMEDIES, Combination, Dropout, Remedy
from regimen.store.run_folder import RunFolder

MODELS = ("sequential", "functional", "nested", "residual", "frozen", "arithmetic", "mobilenet")
WORDS = sorted(REMEDIES)
GRAPH_WORDS = sorted(remedy.word for family in ("layers", "weights") for remedy in FAMILIES[family])
every_remedy = pytest.mark.parametrize("word", WORDS)
every_model = pytest.mark.parametrize("plan", MODELS, indirect=True)
every_small_model = pytest.mark.parametrize("plan", MODELS[:-1], indirect=True)
TRAINING = {"label_smoothing", "schedule", "averaging", "stopping", "optimizer"}
# remedy → models of this suite in which it has no place, and why
NO_PLACE = {
    "gaussiannoise": ("frozen",),  # the input goes on to frozen layers
    "globalpool": ("functional", "residual", "mobilenet"),  # no Flatten
    "stochasticdepth": ("sequential", "functional", "nested", "frozen"),  # no residual additions
}
# remedies that compute something else in inference too, by their nature
CHANGES_INFERENCE = ("batchnorm", "groupnorm", "globalpool", "narrower")


def applied(word, plan, name):
    """The changed plan and its receipt; skips a model in which the remedy is known to have no place."""
    if name in NO_PLACE.get(word, ()):
        with pytest.raises(RemedyError, match=f"{word}: "):
            REMEDIES[word]().apply(plan)
        pytest.skip("no place, which is an error")
    return REMEDIES[word]().apply(plan)


@pytest.fixture
def name(request):
    """The name of the model of `plan`."""
    return request.node.callspec.params.get("plan", "sequential")


def strength_zero(word):
    """The remedy at strength zero; None where there is none."""
    remedy = REMEDIES[word]
    try:
        return None if remedy.strength is None else remedy(**{remedy.strength: 0})
    except RemedyError:
        return None


def test_remedies_without_strength_zero_are_those_for_which_zero_is_no_absence():
    without = {word for word in WORDS if strength_zero(word) is None}
    assert without == {
        *("batchnorm", "groupnorm", "globalpool", "narrower", "maxnorm"),
        *("earlystop", "cosine", "onecycle", "plateau", "clipnorm"),
    }


@every_remedy
@every_model
def test_the_receipt_names_what_changed_and_nothing_else_did(word, plan, name):
    changed, receipt = applied(word, plan, name)
    assert changed.digest() != plan.digest()
    assert receipt.remedy == str(REMEDIES[word]())
    named = {change.split(":")[0] for change in receipt.changes}
    assert len(named) == len(receipt.changes)
    before = {layer.key: layer for layer in plan.graph.layers}
    after = {layer.key: layer for layer in changed.graph.layers}
    assert [key for key in before if key in after] == [key for key in after if key in before]
    touched = {layer.name for key, layer in before.items() if after.get(key) != layer}
    added = {layer.name.rsplit("_", 1)[0] for key, layer in after.items() if key not in before}
    assert named - {"training images", "training"} == touched | added
    # beyond the graph, exactly what the receipt speaks of
    different = {item.name for item in fields(Plan) if getattr(plan, item.name) != getattr(changed, item.name)}
    allowed = {"training images": {"transforms", "mixing"}, "training": TRAINING}
    expected = set().union(*(allowed.get(place, {"graph"}) for place in named))
    assert different <= expected | ({"optimizer"} if word == "weightdecay" else set())
    assert different
    kept = {call.id: call for call in plan.graph.calls}
    for call in changed.graph.calls:  # no call of a layer that is there in both changed but in what it takes
        if call.id in kept:
            assert (call.layer, call.training) == (kept[call.id].layer, kept[call.id].training)


@every_remedy
@every_model
def test_the_changed_plan_survives_json(word, plan, name):
    changed, _ = applied(word, plan, name)
    back = Plan.from_json(json.loads(json.dumps(changed.to_json())))
    assert back == changed
    assert back.digest() == changed.digest()
    changed.graph.check()


@pytest.mark.parametrize("word", GRAPH_WORDS)
@every_model
def test_the_changed_network_builds_saves_and_reloads(word, plan, name, tmp_path):
    graph = applied(word, plan, name)[0].graph
    model = graph.to_keras(seed=0)
    assert {layer.name for layer in model.layers} == {layer.name for layer in graph.layers if ".ops." not in layer.kind}
    images = np.random.default_rng(0).random((4, *graph.input_shape), dtype="float32")
    model.save(tmp_path / "changed.keras")
    loaded = keras.saving.load_model(tmp_path / "changed.keras")
    np.testing.assert_allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)


@pytest.mark.parametrize("word", [word for word in GRAPH_WORDS if word != "narrower"])  # that leaves none alone
@every_small_model
def test_layers_that_are_left_alone_start_from_the_baselines_weights(word, plan, name):
    changed = applied(word, plan, name)[0].graph
    kept = {layer.key: layer for layer in changed.layers}
    theirs, ours = plan.graph.build(seed=5)[1], changed.build(seed=5)[1]
    alike = 0
    for layer in plan.graph.layers:
        if layer.key not in ours or not getattr(theirs[layer.key], "weights", None):
            continue
        arrays = [made[layer.key].get_weights() for made in (ours, theirs)]
        if kept[layer.key] == layer and [a.shape for a in arrays[0]] == [a.shape for a in arrays[1]]:
            for one, other in zip(*arrays, strict=True):
                np.testing.assert_array_equal(one, other)
            alike += 1
        elif set(kept[layer.key].config) == set(layer.config) and word != "globalpool":
            for one, other in zip(*arrays, strict=True):  # a penalty, a constraint or a split activation draws nothing
                np.testing.assert_array_equal(one, other)
            alike += 1
    assert alike


@pytest.mark.parametrize("word", [word for word in GRAPH_WORDS if word not in CHANGES_INFERENCE])
@every_small_model
def test_inference_is_the_baselines(word, plan, name):
    changed = applied(word, plan, name)[0]
    images = np.random.default_rng(0).random((3, *plan.graph.input_shape), dtype="float32")
    baseline, model = plan.graph.to_keras(seed=1), changed.graph.to_keras(seed=1)
    np.testing.assert_allclose(model.predict(images, verbose=0), baseline.predict(images, verbose=0), atol=1e-6)
    program = Program(changed.graph, seed=1)
    with torch.no_grad():
        ours = program(torch.from_numpy(images), training=False).numpy()
    np.testing.assert_allclose(ours, baseline.predict(images, verbose=0), atol=2e-4)


@pytest.mark.parametrize("word", [word for word in WORDS if strength_zero(word)])
@every_model
def test_strength_zero_is_the_baseline(word, plan, name):
    if name in NO_PLACE.get(word, ()):  # then strength zero has none either
        with pytest.raises(RemedyError, match=f"{word}: "):
            strength_zero(word).apply(plan)
        return
    changed, receipt = strength_zero(word).apply(plan)
    assert changed == plan
    assert changed.digest() == plan.digest()
    assert receipt.changes == ("nothing: strength 0",)


@pytest.mark.parametrize(
    "word", [word for word in WORDS if "where" in {field.name for field in fields(REMEDIES[word])}]
)
@pytest.mark.parametrize("plan", ["everything"], indirect=True)
def test_no_place_is_an_error_that_says_where_there_would_be_one(word, plan):
    with pytest.raises(RemedyError, match=f"{word}: where=nowhere_. matches no "):
        REMEDIES[word](where="nowhere_*").apply(plan)
    zero = strength_zero(word)
    if zero is not None:
        with pytest.raises(RemedyError, match=f"{word}: where=nowhere_. matches no "):
            replace(zero, where="nowhere_*").apply(plan)


@pytest.mark.parametrize("plan", ["everything"], indirect=True)
@pytest.mark.parametrize("first", WORDS)
def test_every_pair_composes_or_is_refused_with_a_reason(first, plan):
    for second in WORDS:
        if first == second:
            continue
        one, other = REMEDIES[first](), REMEDIES[second]()
        if frozenset((first, second)) in REFUSED:
            with pytest.raises(RemedyError, match=f"{second}: .* already "):
                (one + other).apply(plan)
            continue
        alone = {remedy.apply(plan)[0].digest() for remedy in (one, other)}
        changed, receipt = (one + other).apply(plan)
        assert changed.digest() not in alone
        assert {change.split(": ")[0] for change in receipt.changes} == {str(one), str(other)}
        if {first, second} <= set(GRAPH_WORDS):
            changed.graph.to_keras()


REFUSED = {
    frozenset(pair)
    for pair in (
        ("batchnorm", "groupnorm"),
        ("cosine", "onecycle"),
        ("cosine", "plateau"),
        ("onecycle", "plateau"),
        ("mixup", "cutmix"),
    )
}
"""Pairs that contradict each other: a learning rate has one schedule, an image one blend, a layer one normalization."""


TWICE = ("dropout", "spatialdropout", "gaussiannoise", "narrower")
"""Remedies that may be named twice."""


@pytest.mark.parametrize("plan", ["everything"], indirect=True)
@every_remedy
def test_a_remedy_twice_composes_or_is_refused(word, plan):
    remedy = REMEDIES[word]()
    if word in TWICE:
        assert (remedy + remedy).apply(plan)[0].digest() != remedy.apply(plan)[0].digest()
    else:
        with pytest.raises(RemedyError, match=f"{word}: "):
            (remedy + remedy).apply(plan)


@pytest.mark.parametrize("plan", ["everything"], indirect=True)
@every_remedy
def test_it_trains(word, plan, tmp_path):
    """Two epochs in the engine: finite numbers, other ones than the baseline's, and the same again."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (48, *plan.graph.input_shape), dtype=np.uint8)
    parts = (Images.of(images, np.arange(48) % 3, part) for part in (np.arange(32), np.arange(32, 48)))
    data = RunData(*parts, None)
    settings = {"scaling": Scaling("standard", (127.0,), (70.0,)), "epochs": 3, "batch_size": 8}
    plan = replace(plan, **settings, optimizer=Optimizer(learning_rate=0.02))
    remedy = REMEDIES[word](**({"patience": 1} if word in ("earlystop", "plateau") else {}))
    if word == "clipnorm":
        remedy = REMEDIES[word](0.01)
    changed, _ = remedy.apply(plan)
    histories = [
        list(Run(one, 0, data, RunFolder(tmp_path / name)).train())
        for one, name in ((plan, "baseline"), (changed, "changed"), (changed, "again"))
    ]
    assert all(np.isfinite(list(epoch.values())).all() for epoch in histories[1])
    assert histories[1] == histories[2]
    assert histories[0] != histories[1]


WHOLE = [word for word in WORDS if REMEDIES[word].strength in ("factor", "probability", "limit", "alpha", "degrees")]


@pytest.mark.parametrize("word", WHOLE)
@pytest.mark.parametrize("plan", ["everything"], indirect=True)
def test_whole_numbers_and_decimals_make_the_same_plan(word, plan):
    remedy = REMEDIES[word]
    whole, decimal = (remedy(**{remedy.strength: value}).apply(plan)[0].digest() for value in (1, 1.0))
    assert whole == decimal


@every_remedy
def test_documentation(word):
    remedy = REMEDIES[word]
    text = inspect.getdoc(remedy)
    assert "Source: " in text
    assert "Raises:" in text
    for field in fields(remedy):
        assert f"\n    {field.name}: " in text.split("Args:")[1]
    assert remedy.word == word
    assert remedy.strength is None or remedy.strength in {field.name for field in fields(remedy)}
    assert remedy.judged_at in ("selected", "last")


def test_combinations_are_flat_and_judged_where_any_part_is():
    parts = [REMEDIES[word]() for word in ("flip", "earlystop", "l2")]
    combined = (parts[0] + parts[1]) + parts[2]
    assert combined == parts[0] + (parts[1] + parts[2]) == Combination(tuple(parts))
    assert combined.judged_at == "last"
    assert (parts[0] + parts[2]).judged_at == "selected"


def test_adding_something_else():
    with pytest.raises(TypeError, match="unsupported operand"):
        Dropout() + 3


def test_remedies_cannot_be_made_from_the_abstract_one():
    with pytest.raises(TypeError, match="abstract"):
        Remedy()
