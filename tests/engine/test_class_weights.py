import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from regimen.engine.class_weights import weights_per_class


def test_balanced_is_scikit_learns():
    labels = np.array([0, 0, 0, 0, 1, 2, 2, 0])
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(weights_per_class("balanced", labels, 3), theirs, rtol=1e-6)


def test_a_class_that_does_not_occur_changes_nothing():
    labels = np.array([0, 2, 2, 2])
    np.testing.assert_allclose(weights_per_class("balanced", labels, 3), [2, 1, 2 / 3], rtol=1e-6)


def test_given_weights_stay():
    np.testing.assert_array_equal(weights_per_class((1.0, 0.5), np.array([0]), 2), np.array([1, 0.5], np.float32))
