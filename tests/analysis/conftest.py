import numpy as np
import pytest

from regimen.analysis.predictions import gather


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def simulate():
    """Runs of an arm: images differ in difficulty, the same for every arm; seeds differ a little."""

    def make(labels, classes, seeds=range(4), skill=1.5, difficulty=1.5, arm=0):
        hard = np.random.default_rng(99).normal(0, difficulty, (len(labels), classes))
        for seed in seeds:
            scores = hard + np.random.default_rng([seed, arm]).normal(0, 1, (len(labels), classes))
            scores[np.arange(len(labels)), labels] += skill
            yield seed, softmax(scores).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def predict(simulate):
    """What simulated runs predict."""

    def make(labels, classes, **settings):
        return gather(simulate(labels, classes, **settings), labels)

    return make


@pytest.fixture(scope="session")
def certain():
    """Predictions made by hand: classes (n, N), each with the same confidence."""

    def make(labels, predicted, classes, confidence=0.9, seeds=None):
        runs = []
        for row in predicted:
            probabilities = np.full((len(labels), classes), (1 - confidence) / (classes - 1))
            probabilities[np.arange(len(labels)), row] = confidence
            runs.append(probabilities)
        return gather(zip(seeds or range(len(runs)), runs, strict=True), np.array(labels))

    return make
