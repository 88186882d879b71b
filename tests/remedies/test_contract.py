"""What every remedy does, and on every kind of model."""

import inspect
import itertools
import json
from dataclasses import fields, replace

import keras
import numpy as np
import pytest

from regimen.errors import RemedyError
from regimen.plan import Plan
from regimen.remedies import REMEDIES, Combination, Dropout, Remedy

MODELS = ("sequential", "functional", "nested", "residual", "mobilenet")
WORDS = sorted(REMEDIES)
every_remedy = pytest.mark.parametrize("word", WORDS)
every_model = pytest.mark.parametrize("plan", MODELS, indirect=True)


def strength_zero(word):
    remedy = REMEDIES[word]
    return None if remedy.strength in (None, "patience") else remedy(**{remedy.strength: 0})


@every_remedy
@every_model
def test_the_receipt_names_what_changed_and_nothing_else_did(word, plan):
    changed, receipt = REMEDIES[word]().apply(plan)
    assert changed.digest() != plan.digest()
    assert receipt.remedy == str(REMEDIES[word]())
    named = {change.split(":")[0] for change in receipt.changes}
    assert len(named) == len(receipt.changes)
    before = {layer.key: layer for layer in plan.graph.layers}
    after = {layer.key: layer for layer in changed.graph.layers}
    assert list(before) == [key for key in after if key in before]
    touched = {layer.name for key, layer in before.items() if after[key] != layer}
    added = [layer.name for key, layer in after.items() if key not in before]
    for name in added:
        assert name.rsplit("_", 1)[0] in named
    assert touched <= named
    if changed.graph != plan.graph:
        assert named == touched | {name.rsplit("_", 1)[0] for name in added}
        assert replace(changed, graph=plan.graph) == plan
    else:
        assert named <= {"training images", "training"}


@every_remedy
@every_model
def test_the_changed_plan_survives_json(word, plan):
    changed, _ = REMEDIES[word]().apply(plan)
    back = Plan.from_json(json.loads(json.dumps(changed.to_json())))
    assert back == changed
    assert back.digest() == changed.digest()
    changed.graph.check()


@pytest.mark.parametrize("word", ["batchnorm", "dropout", "l2"])
@every_model
def test_the_changed_network_builds_saves_and_reloads(word, plan, tmp_path):
    graph = REMEDIES[word]().apply(plan)[0].graph
    model = graph.to_keras(seed=0)
    assert {layer.name for layer in model.layers} == {layer.name for layer in graph.layers if ".ops." not in layer.kind}
    images = np.random.default_rng(0).random((4, *graph.input_shape), dtype="float32")
    model.save(tmp_path / "changed.keras")
    loaded = keras.saving.load_model(tmp_path / "changed.keras")
    np.testing.assert_allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)


@pytest.mark.parametrize("word", ["dropout", "l2"])
@pytest.mark.parametrize("plan", ["sequential", "functional", "nested", "residual"], indirect=True)
def test_layers_shared_with_the_baseline_start_from_the_same_weights(word, plan):
    baseline = plan.graph.to_keras(seed=5)
    changed = REMEDIES[word]().apply(plan)[0].graph.to_keras(seed=5)
    for layer in baseline.layers:
        for ours, theirs in zip(changed.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("word", [word for word in WORDS if strength_zero(word)])
@every_model
def test_strength_zero_is_the_baseline(word, plan):
    changed, receipt = strength_zero(word).apply(plan)
    assert changed.digest() == plan.digest()
    assert receipt.changes == ("nothing: strength 0",)


@pytest.mark.parametrize("pair", list(itertools.permutations(WORDS, 2)), ids="+".join)
def test_every_pair_composes(pair, plan):
    first, second = (REMEDIES[word]() for word in pair)
    changed, receipt = (first + second).apply(plan)
    assert changed.digest() not in {remedy.apply(plan)[0].digest() for remedy in (first, second)}
    assert {change.split(": ")[0] for change in receipt.changes} == {str(first), str(second)}
    changed.graph.to_keras()


@every_remedy
def test_a_remedy_twice_composes_or_is_refused(word, plan):
    remedy = REMEDIES[word]()
    if word == "dropout":
        assert (remedy + remedy).apply(plan)[0].digest() != remedy.apply(plan)[0].digest()
    else:
        with pytest.raises(RemedyError, match=f"{word}: "):
            (remedy + remedy).apply(plan)


@every_remedy
def test_whole_numbers_and_decimals_make_the_same_plan(word, plan):
    remedy = REMEDIES[word]
    if remedy.strength in ("probability", "factor"):
        assert remedy(**{remedy.strength: 1}).apply(plan)[0].digest() == (
            remedy(**{remedy.strength: 1.0}).apply(plan)[0].digest()
        )


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
