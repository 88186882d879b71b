import weakref

import numpy as np
import pytest

from regimen.analysis.arm_errors import analyze_errors, worth_a_picture

NAMES = ("cat", "dog", "<b>")


@pytest.fixture
def read(simulate):
    """Three arms; the one called lost has no finished run."""

    def make(labels, classes=3, seeds=range(3)):
        def runs(arm, judged):
            if arm == "lost":
                return iter(())
            number = ["baseline", "flip", "stop"].index(arm) + (10 if judged == "last" else 0)
            return simulate(labels, classes, seeds=seeds, arm=number, skill=1.0 + number / 10)

        return runs

    return make


def test_every_arm_is_judged_at_its_epoch_against_the_baseline_there(read):
    labels = np.arange(300) % 3
    judged = {"baseline": "selected", "flip": "selected", "stop": "last", "lost": "selected"}
    found = analyze_errors(read(labels), labels, NAMES, judged, left_out={"flip": 0, "lost": 3})
    assert [arm.name for arm in found.arms] == ["baseline", "flip", "stop"]
    assert found.left_out == {"lost": 3}
    assert (found.images, found.class_names, found.arm("lost")) == (300, NAMES, None)
    baseline, flip, stop = found.arms
    assert baseline.changes is None
    assert baseline.calibration.difference is None
    last = analyze_errors(read(labels), labels, NAMES, {"baseline": "last", "flip": "last"})
    assert flip.changes.wrong_before != stop.changes.wrong_before
    assert stop.changes.wrong_before == last.arms[1].changes.wrong_before
    assert stop.judged_at == "last"
    assert (
        flip.confusions[0].baseline_images == baseline.confusion[flip.confusions[0].true, flip.confusions[0].predicted]
    )


def test_an_arm_is_analysed_when_no_baseline_run_finished(simulate):
    labels = np.arange(60) % 3
    found = analyze_errors(
        lambda arm, _: simulate(labels, 3) if arm == "flip" else iter(()),
        labels,
        NAMES,
        {"baseline": "selected", "flip": "selected"},
    )
    (flip,) = found.arms
    assert flip.changes is None
    assert flip.classes[0].difference is None
    assert flip.confusions[0].baseline_images is None


def test_differences_of_classes_allow_for_every_look(read):
    labels, judged = np.arange(300) % 3, {"baseline": "selected", "flip": "selected"}
    once, thrice = (analyze_errors(read(labels), labels, NAMES, judged, looks=looks).arms[1] for looks in (1, 3))
    for narrow, wide in zip(once.classes, thrice.classes, strict=True):
        assert wide.difference_low < narrow.difference_low < narrow.difference_high < wide.difference_high
        assert (wide.low, wide.high) == (narrow.low, narrow.high)


@pytest.mark.parametrize(("classes", "seeds"), [(2, 1), (2, 3), (100, 1), (100, 4)])
def test_few_and_many_classes_and_seeds(read, classes, seeds):
    labels = np.random.default_rng(0).integers(0, classes - 1, 250)  # the last class is absent
    names = [str(index) for index in range(classes)]
    judged = {"baseline": "selected", "flip": "selected"}
    found = analyze_errors(read(labels, classes, range(seeds)), labels, names, judged)
    for arm in found.arms:
        assert arm.confusion.shape == (classes, classes)
        assert arm.confusion.sum() == pytest.approx(250)
        assert len(arm.classes) == classes
        assert (arm.calibration.ece_low is None) == (seeds == 1)
    assert (found.arms[1].changes.churn is None) == (seeds == 1)


def test_probabilities_are_forgotten_run_by_run(read):
    labels, given, most = np.arange(300) % 3, [], []

    def watched(arm, judged):
        for seed, probabilities in read(labels, seeds=range(6))(arm, judged):
            given.append(weakref.ref(probabilities))
            most.append(sum(reference() is not None for reference in given))
            yield seed, probabilities

    analyze_errors(watched, labels, NAMES, {"baseline": "selected", "flip": "selected"})
    assert len(most) == 12
    assert max(most) <= 2


def test_pictures_are_shared_fairly_between_arms(read):
    labels = np.arange(300) % 3
    judged = {"baseline": "selected", "flip": "selected", "stop": "last"}
    found = analyze_errors(read(labels), labels, NAMES, judged)
    firsts = [arm.mistakes[0].image for arm in found.arms] + [arm.changes.fixed[0].image for arm in found.arms[1:]]
    kept = worth_a_picture(found, 24, 300)
    assert set(firsts) <= set(kept[:7])
    assert len(set(kept)) == len(kept) > 24
    assert {item.image for arm in found.arms for item in arm.mistakes[:24]} <= set(kept)
    assert worth_a_picture(found, 24, 5) == kept[:5]
    assert worth_a_picture(found, 0, 5) == []
