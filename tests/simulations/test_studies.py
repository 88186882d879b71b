import numpy as np
import pytest

from regimen.analysis.crossed import crossed


@pytest.fixture
def world():
    from studies import World

    return World(0.8, 0.02, shared=0.3, image_effect=0.3, rest=0.3)


def test_mean_squares_are_those_of_the_package(world):
    from studies import mean_squares

    drawn = world.draw(np.random.default_rng(0), 2, 6, 300)
    whole = np.zeros((2, 6, 300))
    whole[:, :, : drawn.shape[2]] = drawn
    for found, values in zip(mean_squares(drawn, 300, 4), whole, strict=True):
        expected = crossed(values[:4])
        assert found.squared_error() == pytest.approx(expected.squared_error())
        assert found.interval(0.95) == pytest.approx(expected.interval(0.95))
        assert found.image_error == pytest.approx(expected.image_error, rel=0.02)


def test_a_true_difference_is_what_it_is_said_to_be(world):
    rng = np.random.default_rng(1)
    means = [world.draw(rng, 2, 4, 500, difference=0.03).sum(axis=(1, 2)).mean() / 4 / 500 for _ in range(600)]
    assert np.mean(means) == pytest.approx(0.03, abs=4 * np.std(means) / 600**0.5)
    assert np.std(means) / 600**0.5 < 0.001


def test_seeds_move_the_accuracy_as_asked():
    from studies import World

    world = World(0.8, 0.02, shared=0.0, image_effect=0.0, rest=0.3)
    rng = np.random.default_rng(2)
    per_seed = np.concatenate([world.draw(rng, 1, 5, 4000)[0].sum(axis=1) / 4000 for _ in range(200)])
    assert np.std(per_seed) == pytest.approx(0.02 * 2**0.5, rel=0.12)  # both arms have seeds of their own


def test_images_left_out_are_never_turned(world):
    rng = np.random.default_rng(3)
    drawn = world.draw(rng, 1, 50, 20_000)
    assert 0.2 * 20_000 < drawn.shape[2] < 20_000
