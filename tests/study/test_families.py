import json

import pytest

import regimen as rg
from regimen.analysis import Family
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import BASELINE, Arm, Plan, Receipt
from regimen.remedies import parse_arms
from regimen.study.families import find_families, remedy_of


@pytest.fixture(scope="module")
def families():
    plan = Plan(Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 3)))

    def find(*texts):
        arms, judged_at = [Arm(BASELINE, plan)], {}
        for text in texts:
            for name, remedy in parse_arms(text).items():
                changed, receipts = plan, []
                for part in remedy.parts:
                    changed, receipt = part.apply(changed)
                    receipts.append(receipt)
                arms.append(Arm(name, changed, tuple(receipts)))
                judged_at[name] = remedy.judged_at
        return find_families(arms, judged_at)

    return find


def test_strengths_of_one_remedy_are_a_family_with_the_baseline_at_zero(families):
    (found,) = families("dropout=0.5|0.1|0.3", "l2", "batchnorm")
    names = (BASELINE, "dropout=0.1", "dropout=0.3", "dropout=0.5")
    assert found == Family("dropout=…", "dropout", "rate", (0.0, 0.1, 0.3, 0.5), names, smaller_allowed=False)


def test_arms_of_any_name_belong_together(families):
    (found,) = families("weak: l2=1e-4", "strong: l2=0.01", "elsewhere: l2=0.1,where=dense")
    assert (found.strengths, found.arms) == ((0.0, 1e-4, 0.01), (BASELINE, "weak", "strong"))


def test_inside_a_combination_zero_is_the_arm_with_the_rest(families):
    (found,) = families("dropout=0.1|0.5,where=head + flip")
    assert (found.pattern, found.strengths) == ("dropout=…,where=head + flip=0.5", (0.1, 0.5))
    (found,) = families("dropout=0.1|0.5,where=head + flip", "mirror: flip")
    assert (found.strengths, found.arms[0]) == ((0.0, 0.1, 0.5), "mirror")


def test_a_grid_is_a_family_along_each_row_and_column(families):
    found = families("dropout=0.1|0.5 + l2=0.001|0.01")
    assert {family.pattern for family in found} == {
        "dropout=… + l2=0.001",
        "dropout=… + l2=0.01",
        "dropout=0.1 + l2=…",
        "dropout=0.5 + l2=…",
    }


def test_parameters_other_than_the_strength_have_no_zero(families):
    (found,) = families("batchnorm,momentum=0.9", "batchnorm")
    assert found.pattern == "batchnorm,momentum=…"
    assert (found.parameter, found.strengths) == ("momentum", (0.9, 0.99))
    assert found.arms == ("batchnorm,momentum=0.9", "batchnorm")
    assert (found.smaller_allowed, found.larger_allowed) == (True, True)


def test_limits_of_a_parameter_are_known(families):
    (found,) = families("flip=0.5|1")
    assert (found.smaller_allowed, found.larger_allowed) == (False, False)
    (found,) = families("earlystop=1|5")
    assert (found.smaller_allowed, found.larger_allowed) == (False, True)


def test_early_stopping_is_judged_by_the_weights_that_it_ends_with(families):
    (found,) = families("earlystop=2|5")
    assert (found.strengths, found.judged_at) == ((2.0, 5.0), "selected")
    (found,) = families("earlystop=2|5,restore_best=false")
    assert found.judged_at == "last"
    (found,) = families("dropout=0.1|0.5 + earlystop=2,restore_best=false", "earlystop=2,restore_best=false")
    assert (found.judged_at, found.arms[0]) == ("last", "earlystop=2,restore_best=false")


@pytest.mark.parametrize(
    "texts",
    [
        ("dropout=0.3", "l2"),
        ("dropout=0|0.3",),  # one strength besides none
        ("a: dropout=0.3", "b: dropout=0.3"),
        ("dropout=0.3,where=head", "dropout=0.5,where=dense"),
        ("dropout=0.3 + flip", "dropout=0.5"),
        ("earlystop=5",),
    ],
)
def test_what_differs_in_more_than_a_strength_is_no_family(families, texts):
    assert families(*texts) == ()


def test_an_arm_of_strength_zero_stands_for_itself(families):
    (found,) = families("dropout=0|0.1|0.3")
    assert found.arms == ("dropout=0", "dropout=0.1", "dropout=0.3")


def test_receipts_are_read_back_and_unknown_ones_passed_over(families):
    plan = Plan(Graph.from_keras(build_network("digits_cnn", (8, 8, 1), 3)))
    arm = Arm("x", plan, (Receipt("dropout=0.2,where=head", ("a",)), Receipt("flip=0.5", ("b",))))
    assert remedy_of(arm) == rg.Dropout(0.2, "head") + rg.Flip()
    assert remedy_of(Arm(BASELINE, plan)) is None
    arms = [Arm(name, plan, (Receipt(f"future={name}", ()),)) for name in ("1", "2", "3")]
    assert find_families(arms, {}) == ()


def test_a_study_of_doses_tells_what_they_do(make_study, executor):
    study = make_study(arms=rg.doses(rg.Dropout, rate=[0.1, 0.6]), epochs=3)
    result = study.run(executor=executor)
    (found,) = result.doses
    assert found.family.arms == (BASELINE, "dropout=0.1", "dropout=0.6")
    assert [dose.accuracy for dose in found.doses] == result.verdicts.accuracy.tolist()
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["doses"] == [found.to_json()]
    assert len(result.plot_doses().axes) == 3
    assert [family.arms for family in rg.load_result(result.folder).families] == [found.family.arms]


def test_a_study_without_doses_says_so(make_study, executor):
    result = make_study(epochs=1, seeds=1).run(executor=executor)
    assert result.doses == ()
    with pytest.raises(rg.RegimenError, match="No two arms of this study are one remedy at different strengths"):
        result.plot_doses()
