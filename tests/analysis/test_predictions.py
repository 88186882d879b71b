import numpy as np
import pytest

from regimen.analysis.predictions import gather

LABELS = np.array([0, 1, 2])
FIRST = np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
SECOND = np.array([[0.2, 0.7, 0.1], [0.2, 0.7, 0.1], [0.0, 0.3, 0.7]])


def test_runs_are_ordered_by_seed_and_averaged():
    found = gather([(5, SECOND), (2, FIRST)], LABELS)
    assert found.seeds == (2, 5)
    assert found.classes == 3
    assert found.predicted.tolist() == [[0, 0, 2], [1, 1, 2]]
    np.testing.assert_allclose(found.confidence, [[0.5, 0.6, 0.8], [0.7, 0.7, 0.7]], rtol=1e-6)
    assert found.correct.tolist() == [[True, False, True], [False, True, True]]
    assert found.wrong.tolist() == [1, 1, 0]
    np.testing.assert_allclose(found.true_probability, [0.35, 0.5, 0.75])
    assert found.wrong_class.tolist() == [1, 0, 1]
    np.testing.assert_allclose(found.wrong_probability, [0.5, 0.4, 0.2])


def test_no_run_predicts_nothing():
    assert gather([], LABELS) is None


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (SECOND[:2], "Expected probabilities of 3 images"),
        (SECOND[:, :2], "at least 3 classes"),
        (np.hstack([SECOND, SECOND]), "differ in shape"),
    ],
)
def test_what_does_not_fit_is_refused(second, message):
    with pytest.raises(ValueError, match=message):
        gather([(0, FIRST), (1, second)], LABELS)
