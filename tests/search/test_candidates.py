import pytest

import regimen as rg
from regimen.errors import OptionError
from regimen.models.graph import Graph
from regimen.models.networks import NETWORKS
from regimen.plan import Plan
from regimen.remedies import REMEDIES, parse_arms
from regimen.search.candidates import find_candidates, offer


@pytest.fixture(scope="module")
def plan():
    return Plan(Graph.from_keras(NETWORKS["digits_cnn"]((8, 8, 1), 10)), epochs=30)


@pytest.fixture(scope="module")
def plain():
    import keras

    return Plan(Graph.from_keras(keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), _output()])))


def _output():
    import keras

    return keras.layers.Dense(3, activation="softmax")


def test_without_a_choice_every_remedy_with_a_place_is_a_candidate(plan):
    found, left_out = find_candidates(None, plan)
    assert set(found) | set(left_out) == set(REMEDIES)
    assert {"dropout", "l2", "batchnorm", "flip", "shift"} <= set(found)
    assert all(remedy == REMEDIES[name]() for name, remedy in found.items())
    assert "only ends training early" in left_out["earlystop"]
    assert list(found) == [word for word in REMEDIES if word in found]


def test_what_has_no_place_is_left_out_with_the_reason(plain):
    found, left_out = find_candidates(None, plain)
    assert "flip" in found
    assert {"dropout", "l2", "batchnorm"} <= set(left_out)
    assert "output" in left_out["l2"] or "layer" in left_out["l2"]


def test_a_choice_is_taken_as_it_is(plan):
    found, left_out = find_candidates(["dropout=0.1|0.3", "both: l2 + flip"], plan)
    assert (list(found), left_out) == (["dropout=0.1", "dropout=0.3", "both"], {})
    with pytest.raises(OptionError, match="name remedies with --arm, or none to try all"):
        find_candidates([], plan)


def test_what_remains_is_offered_on_top_of_what_is_taken(plan):
    candidates = {**parse_arms("dropout=0.1|0.3"), **parse_arms("flip"), **parse_arms("both: l2 + flip")}
    first, _ = offer(candidates, "baseline", None, plan)
    assert {name: arm for name, (arm, _) in first.items()} == {name: name for name in candidates}
    offered, left_out = offer(candidates, "dropout=0.3", rg.Dropout(0.3), plan)
    assert {name: (arm, str(remedy)) for name, (arm, remedy) in offered.items()} == {
        "flip": ("dropout=0.3 + flip", "dropout=0.3 + flip=0.5"),
        "both": ("dropout=0.3 + both", "dropout=0.3 + l2=0.001 + flip=0.5"),
    }
    assert left_out == dict.fromkeys(("dropout=0.1", "dropout=0.3"), "some strength of it is taken.")
    offered, _ = offer(candidates, "both", rg.L2() + rg.Flip(), plan)
    assert list(offered) == ["dropout=0.1", "dropout=0.3"]


def test_a_combination_that_is_refused_is_left_out(plan):
    candidates = parse_arms("cosine") | parse_arms("onecycle")
    offered, left_out = offer(candidates, "cosine", candidates["cosine"], plan)
    assert offered == {}
    assert left_out["onecycle"]
