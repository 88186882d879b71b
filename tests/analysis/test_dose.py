import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from regimen.analysis.comparison import compare
from regimen.analysis.dose import Family, dose_response
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize

IMAGES = 600
DROPOUT = Family(
    "dropout=…", "dropout", "rate", (0.0, 0.1, 0.3, 0.5), ("baseline", "d1", "d3", "d5"), smaller_allowed=False
)


def run(arm, seed, share, last=None, loss=0.5):
    """Right on a share of the images, one or two more with odd seeds; its loss is lowest at epoch 2 of 3."""
    correct, correct_last = (np.zeros(IMAGES) for _ in range(2))
    correct[: round(share * IMAGES) + seed % 2] = 1
    correct_last[: round((share if last is None else last) * IMAGES) + seed % 2] = 1
    history = {
        "clean_val_loss": np.array([1.0, loss + 0.01 * seed, 0.9 + 0.01 * seed]),
        "clean_acc": np.full(3, share + 0.1 + 0.01 * seed),
        "val_acc": np.full(3, share),
    }
    return RunOutcome(arm, seed, "finished", history, 2, correct, correct_last, None, 1.0)


def failed(arm, seed):
    return RunOutcome(arm, seed, "failed", {}, None, None, None, None, 1.0, "out of memory")


def study(seeds=4, **shares):
    """Shares of images that arms get right: one for all, or (selected, last)."""
    both = {name: share if isinstance(share, tuple) else (share, share) for name, share in shares.items()}
    return {name: [run(name, seed, *share) for seed in range(seeds)] for name, share in both.items()}


def response(family=DROPOUT, **shares):
    return dose_response(family, summarize(study(**shares)))


def test_the_best_strength_is_named_with_those_that_cannot_be_told_from_it():
    found = response(baseline=0.6, d1=0.7, d3=0.802, d5=0.8)
    assert [dose.strength for dose in found.doses] == [0.0, 0.1, 0.3, 0.5]
    assert found.best.arm == "d3"
    assert [dose.told_from_best for dose in found.doses] == [True, True, False, False]
    assert found.sentence == "0.3 is best here; 0.5 cannot be told from it."
    assert response(baseline=0.6, d1=0.7, d3=0.8, d5=0.7).sentence == "0.3 is best here; every other strength is lower."
    found = response(baseline=0.8, d1=0.802, d3=0.801, d5=0.801)
    assert found.sentence == "0.1 is highest here, but no other strength can be told from it."
    assert found.sentence.values["part0"].text == "{best} is highest here, but no other strength can be told from it."
    found = response(baseline=0.802, d1=0.801, d3=0.7, d5=0.7)
    assert found.sentence == "0 (baseline) is best here; 0.1 cannot be told from it."


def test_each_strength_is_compared_with_the_best_over_all_pairs():
    outcomes = study(baseline=0.6, d1=0.7, d3=0.8, d5=0.75)
    found = dose_response(DROPOUT, summarize(outcomes))
    assert found.best.best_minus is None
    best, other = ([run.correct for run in outcomes[name]] for name in ("d3", "d1"))
    assert found.doses[1].best_minus == compare(best, other, comparisons=6)
    assert found.doses[1].best_minus.level == pytest.approx(1 - 0.05 / 6)
    looks = dose_response(DROPOUT, summarize(outcomes, looks=(5, 10, 20)))
    assert looks.doses[1].best_minus.level == pytest.approx(1 - 0.05 / 18)


def test_the_numbers_of_a_strength_are_those_of_its_arm():
    outcomes = study(baseline=0.6, d1=0.7, d3=0.8, d5=0.75)
    summary = summarize(outcomes)
    dose, arm = dose_response(DROPOUT, summary).doses[1], summary.arms[1]
    assert (dose.accuracy, dose.accuracy_low, dose.accuracy_high) == (
        arm.accuracy,
        arm.accuracy_low,
        arm.accuracy_high,
    )
    assert (dose.gap, dose.gap_low, dose.gap_high) == (arm.gap, arm.diagnosis.gap_low, arm.diagnosis.gap_high)
    losses = [0.5, 0.51, 0.52, 0.53]
    limits = stats.t.interval(0.95, 3, loc=np.mean(losses), scale=stats.sem(losses))
    assert (dose.loss, dose.loss_low, dose.loss_high) == pytest.approx((0.515, *limits))


def test_no_loss_is_below_zero():
    outcomes = {"baseline": [run("baseline", 0, 0.6, loss=0.1), run("baseline", 1, 0.6, loss=0.9)], **study(2, d1=0.7)}
    family = Family("dropout=…", "dropout", "rate", (0.0, 0.1), ("baseline", "d1"))
    dose = dose_response(family, summarize(outcomes)).doses[0]
    assert dose.loss_low == 0
    assert dose.loss_high > 2


def test_arms_that_are_judged_at_the_end_are_compared_there():
    family = replace(DROPOUT, judged_at="last")
    found = response(family, baseline=0.6, d1=(0.7, 0.9), d3=(0.9, 0.7), d5=0.6)
    assert found.best.arm == "d1"
    assert found.best.accuracy == pytest.approx(0.9, abs=0.001)
    assert found.best.accuracy_low < 0.9 < found.best.accuracy_high
    assert found.best.loss == pytest.approx(0.915)
    assert found.doses[2].best_minus.difference == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("shares", "settings", "ending"),
    [
        ((0.6, 0.7, 0.8), {}, "It is the largest that was tried: try larger ones as well."),
        ((0.6, 0.7, 0.8), {"larger_allowed": False}, "lower."),
        ((0.8, 0.7, 0.6), {}, "It is the smallest that was tried: try smaller ones as well."),
        ((0.8, 0.7, 0.6), {"smaller_allowed": False}, "lower."),
        ((0.6, 0.8, 0.7), {}, "lower."),
    ],
)
def test_a_best_strength_at_the_edge_asks_for_more(shares, settings, ending):
    family = Family("l2=…", "l2", "factor", (0.001, 0.01, 0.1), ("a", "b", "c"), **settings)
    found = response(family, baseline=0.5, **dict(zip("abc", shares, strict=True)))
    assert found.sentence.endswith(ending)
    assert ("tried" in found.sentence) == ("tried" in ending)


def test_one_seed_tells_nothing_apart():
    found = dose_response(DROPOUT, summarize(study(seeds=1, baseline=0.6, d1=0.7, d3=0.8, d5=0.7)))
    assert found.sentence == "0.3 is highest here, but these runs are too few to tell strengths apart."
    assert found.doses[0].accuracy_low is found.doses[0].loss_low is found.doses[0].gap_low is None


def test_failed_runs_cost_their_strength_the_comparison_only():
    outcomes = study(baseline=0.6, d1=0.7, d3=0.8, d5=0.5)
    outcomes["d1"][0] = failed("d1", 0)
    found = dose_response(DROPOUT, summarize(outcomes))
    assert found.sentence == "0.3 is best here; 0.1 cannot be told from it."
    outcomes |= {"d5": [failed("d5", seed) for seed in range(4)]}
    found = dose_response(DROPOUT, summarize(outcomes))
    assert found.doses[3].best_minus is None
    assert np.isnan(found.doses[3].accuracy)
    assert np.isnan(found.doses[3].loss)
    outcomes = {name: [failed(name, 0)] for name in outcomes}
    found = dose_response(DROPOUT, summarize(outcomes))
    assert found.best is None
    assert found.sentence == "Fewer than two strengths have a run that can be scored."


def test_a_response_is_plain_data():
    outcomes = study(baseline=0.6, d1=0.7, d3=0.8, d5=0.5)
    outcomes["d1"] = [failed("d1", 0)]
    found = dose_response(DROPOUT, summarize(outcomes))
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert (data["pattern"], data["remedy"], data["parameter"], data["best"]) == ("dropout=…", "dropout", "rate", 0.3)
    assert [dose["strength"] for dose in data["doses"]] == [0.0, 0.1, 0.3, 0.5]
    assert data["doses"][1]["accuracy"] is data["doses"][2]["best_minus_low"] is None
    assert data["doses"][3]["best_minus_low"] == found.doses[3].best_minus.low
    assert data["sentence"] == found.sentence
