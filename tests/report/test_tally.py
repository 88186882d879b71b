import pytest

from regimen.report.tally import Tally


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def epoch(arm, seed, number, val_loss=1.0, val_acc=0.5):
    metrics = {"clean_val_loss": val_loss, "val_acc": val_acc, "clean_acc": 0.75}
    return {"event": "epoch", "arm": arm, "seed": seed, "epoch": number, "metrics": metrics}


def finish(arm, seed, restored=False, status="finished"):
    return {"event": "finished", "arm": arm, "seed": seed, "status": status, "restored": restored}


def test_the_best_epoch_has_the_lowest_clean_validation_loss(clock):
    tally = Tally(["a"], [0], 10, clock)
    tally.record({"event": "started", "arm": "a", "seed": 0})
    for number, loss in enumerate([1.0, 0.6, float("nan"), 0.8], start=1):
        run = tally.record(epoch("a", 0, number, loss, 0.5 + number / 100))
    assert (run.best, run.best_accuracy, run.epoch) == (2, 0.52, 4)


def test_time_left_is_the_pace_times_the_epochs_left(clock):
    tally = Tally(["a", "b"], [0], 10, clock)
    clock.now += 50  # before training starts, which is no part of the pace
    tally.record({"event": "started", "arm": "a", "seed": 0})
    assert tally.seconds_left() is None
    for number in range(1, 6):
        clock.now += 2
        tally.record(epoch("a", 0, number))
    assert tally.seconds_left() == pytest.approx(15 * 2)
    assert tally.share() == pytest.approx(5 / 20)
    assert tally.elapsed() == 60


def test_restored_runs_do_not_distort_the_time_left(clock):
    tally = Tally(["a", "b"], [0, 1], 10, clock)
    for seed in (0, 1):
        tally.record(finish("a", seed, restored=True))
    assert (tally.share(), tally.seconds_left()) == (0.5, None)
    for number in range(1, 6):
        tally.record(epoch("b", 0, number))
        clock.now += 3
    assert tally.seconds_left() == pytest.approx(15 * 3)
    assert tally.troubles()["finished before"] == 2


def test_a_run_that_stopped_early_is_complete(clock):
    tally = Tally(["a"], [0], 100, clock)
    for number in range(1, 8):
        tally.record(epoch("a", 0, number))
    tally.record(finish("a", 0))
    assert (tally.share(), tally.seconds_left(), tally.done) == (1.0, None, 1)


def test_a_failed_run_may_be_tried_again(clock):
    tally = Tally(["a"], [0], 10, clock)
    tally.record(epoch("a", 0, 7))
    failed = tally.record({"event": "failed", "arm": "a", "seed": 0, "error": "boom"})
    assert (failed.status, tally.done) == ("failed", 1)
    again = tally.record({"event": "started", "arm": "a", "seed": 0})
    assert (again.status, again.epoch, tally.done) == ("running", 0, 0)


def test_seeds_may_be_added_and_other_events_are_ignored(clock):
    tally = Tally(["a"], [0], 10, clock)
    assert tally.record({"event": "weather"}) is None
    tally.record({"event": "started", "arm": "a", "seed": 5})
    assert tally.total == 2
    assert tally.arms()[0].total == 2


def test_a_look_that_decides_nothing_adds_runs_that_wait(clock):
    tally = Tally(["a", "b"], [0], 10, clock)
    for arm in ("a", "b"):
        tally.record(finish(arm, 0))
    assert (tally.done, tally.total, tally.share()) == (2, 2, 1.0)
    assert tally.record({"event": "look", "arms": ["a", "b"], "seeds": [1, 2]}) is None
    assert (tally.done, tally.total) == (2, 6)
    assert tally.share() == pytest.approx(1 / 3)
