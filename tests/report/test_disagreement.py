import numpy as np
import pytest

from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize
from regimen.language import Message
from regimen.report.advice import remarks
from regimen.report.disagreement import disagreements

HISTORY = {"clean_val_loss": np.array([1.0, 0.9, 0.8])}


def outcome(arm, seed, accuracy, test_accuracy):
    generator = np.random.default_rng([seed, sum(map(ord, arm))])
    hard, hard_test = np.random.default_rng(5).random(900), np.random.default_rng(6).random(600)
    correct = (hard + generator.normal(0, 0.05, 900) < accuracy).astype(float)
    tested = (hard_test + generator.normal(0, 0.05, 600) < test_accuracy).astype(float)
    return RunOutcome(arm, seed, "finished", HISTORY, 3, correct, correct, tested, 1.0)


def study(**accuracies):
    return summarize({arm: [outcome(arm, seed, *pair) for seed in range(5)] for arm, pair in accuracies.items()})


def test_parts_that_agree_are_not_spoken_of():
    assert disagreements(study(baseline=(0.7, 0.7), dropout=(0.8, 0.8))) == []


def test_a_remedy_that_helps_on_validation_and_hurts_on_the_test_part():
    found = disagreements(study(baseline=(0.7, 0.7), dropout=(0.8, 0.62)))
    assert found[0].startswith("dropout: the test part disagrees with the validation part: against the baseline −")
    assert "on test images (hurts), +" in found[0]
    assert "on validation images (helps), at the selected epochs. Test minus validation is −" in found[0]
    assert found[0].endswith("believe the test part.")


@pytest.mark.parametrize(("test", "words"), [(0.55, "below"), (0.85, "above")])
def test_arms_with_another_accuracy_share_a_sentence(test, words):
    (found,) = disagreements(study(baseline=(0.7, test), dropout=(0.7, test)))
    assert found.startswith(f"Test accuracy is {words} validation accuracy by more than chance explains")
    assert "baseline " in found
    assert " and dropout " in found
    assert ("chosen on the validation images" in found) == (words == "below")
    assert isinstance(found, Message)


def test_they_are_among_the_remarks():
    summary = study(baseline=(0.7, 0.55))
    assert remarks(summary)[-1:] == disagreements(summary)
