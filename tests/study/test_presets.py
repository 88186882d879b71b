"""The presets hold the set-ups that were published."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

import regimen as rg
from regimen.plan import Optimizer
from regimen.study.file import presets
from regimen.study.planning import plan_trial


def trial_of(name, shape, count=400):
    """A preset, planned on images of noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    data = rg.Dataset.from_arrays(images, np.arange(count) % 10)
    return plan_trial(rg.Study.read(name, data=data, precision="float32"))


def test_there_are_three():
    assert list(presets()) == ["cifar10-tutorial", "digits-demo", "fashion-tutorial"]


def test_cifar10_tutorial():
    trial = trial_of("cifar10-tutorial", (32, 32, 3))
    plan = trial.baseline
    assert plan.graph.to_keras().count_params() == 814_122
    assert (plan.optimizer, plan.batch_size, plan.epochs) == (Optimizer("adam", 1e-4), 32, 30)
    training, validation = train_test_split(np.arange(400), test_size=0.3, random_state=777)
    np.testing.assert_array_equal(trial.split.training, np.sort(training))
    np.testing.assert_array_equal(trial.split.validation, np.sort(validation))
    pixels = trial.dataset.train.images.reshape(-1, 3)
    np.testing.assert_allclose(plan.scaling.mean, pixels.mean(axis=0))
    np.testing.assert_allclose(plan.scaling.std, pixels.std(axis=0))
    arms = {arm.name: [change for receipt in arm.receipts for change in receipt.changes] for arm in trial.arms}
    assert list(arms) == ["baseline", "dropout-head", "dropout-blocks", "l2", "batchnorm"]
    assert arms["dropout-head"] == ["flatten: Dropout(0.2) before it"]
    assert arms["dropout-blocks"] == [f"block{block}_pool: Dropout(0.2) after it" for block in (1, 2, 3)]
    penalized = [*(f"block{block}_conv2" for block in (1, 2, 3)), "hidden"]
    assert arms["l2"] == [f"{layer}: kernel_regularizer = L2(0.001)" for layer in penalized]
    normalized = [*(f"block{block}_conv{conv}" for block in (1, 2, 3) for conv in (1, 2)), "hidden"]
    assert arms["batchnorm"] == [f"{layer}: BatchNormalization between it and its activation" for layer in normalized]


def test_fashion_tutorial():
    trial = trial_of("fashion-tutorial", (28, 28, 1))
    plan = trial.baseline
    assert plan.graph.to_keras().count_params() == 197_210
    assert (plan.optimizer, plan.batch_size, plan.epochs) == (Optimizer("adam", 1e-3), 32, 20)
    assert (plan.scaling.kind, plan.scaling.std) == ("unit", (255.0,))
    labels = trial.dataset.train.labels
    assert np.bincount(labels[trial.split.validation]).tolist() == [8] * 10
    assert [(arm.name, [r.remedy for r in arm.receipts]) for arm in trial.arms] == [
        ("baseline", []),
        ("dropout", ["dropout=0.5,where=head"]),
    ]


@pytest.mark.parametrize("name", presets())
def test_each_describes_itself_in_a_line(name):
    assert 20 < len(presets()[name]) < 120
