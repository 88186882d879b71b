"""Studies that look after 5, 10 and 20 seeds; runs are not trained, but end with chosen predictions."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import regimen as rg
from regimen.analysis import HISTORY_METRICS, Verdict
from regimen.errors import OptionError
from regimen.executors import Event
from regimen.store import RunFolder, StudyStore
from regimen.study.planning import plan_trial
from regimen.study.result import load_result

HISTORY = {name: [0.5] * 3 for name in HISTORY_METRICS}
CLEAR = [60, 61, 62, 60] * 5  # of 450 validation images, what an arm gains with each seed
UNCLEAR = [9, -9] * 10
LATE = [40, -40, *[40] * 18]


class Untrained:
    """Ends every run at once: 200 images and those that its arm gains are classified right."""

    def __init__(self, *gained, failing=()):
        self.gained, self.failing, self.asked = ([0] * 20, *gained), failing, []

    def run(self, jobs):
        self.asked.append([(job.key, job.seed) for job in jobs])
        arms = Counter()
        for job in jobs:
            arm, arms[job.seed] = arms[job.seed], arms[job.seed] + 1
            if job.seed in self.failing:
                yield Event("failed", job.key, {"error": "out of memory"})
                continue
            with StudyStore.open(Path(job.study)) as store:
                labels, folder = store.split()["validation_labels"], store.run_folder(job.key)
            write(folder, labels, 200 + self.gained[arm][job.seed])
            ended = {"status": "finished", "selected_epoch": 1, "wall_seconds": 0.1, "environment": {}}
            yield Event("ended", job.key, {**ended, "run_by_keras": (), "history": HISTORY})


def write(folder: RunFolder, labels, right):
    said = np.where(np.arange(len(labels)) < right, labels, (labels + 1) % 3)
    probabilities = np.eye(3, dtype=np.float32)[said]
    folder.finish({}, {"validation_selected": probabilities, "validation_last": probabilities}, {})


@pytest.fixture(autouse=True)
def _no_model_is_handed_over(monkeypatch):
    monkeypatch.setattr("regimen.study.conduct.export_best", lambda *args: None)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rg.Dataset.from_arrays(rng.integers(0, 256, (1500, 8, 8, 1), np.uint8), np.arange(1500) % 3)


def run(make_study, executor, events=None, **settings):
    settings = {"arms": {"dropout": rg.Dropout(0.3)}, "seeds": None, "until_decided": True, **settings}
    return make_study(**settings).run(None if events is None else events.append, executor=executor)


@pytest.mark.parametrize(("gained", "seeds"), [(CLEAR, 5), (LATE, 10), (UNCLEAR, 20)])
def test_it_ends_at_the_first_look_that_decides_every_arm(gained, seeds, make_study):
    executor = Untrained(gained)
    found = run(make_study, executor)
    assert found.summary.seeds == tuple(range(seeds))
    assert [len(jobs) for jobs in executor.asked] == [10, 10, 20][: len(executor.asked)]
    verdict = found.summary.arms[1].comparison.verdict
    assert (verdict is Verdict.CANNOT_TELL) == (seeds == 20)


def test_one_undecided_arm_keeps_all_arms_running(make_study):
    found = run(make_study, Untrained(CLEAR, LATE), arms={"dropout": rg.Dropout(0.3), "flip": rg.Flip()})
    assert found.summary.seeds == tuple(range(10))
    assert all(len(arm.runs) == 10 for arm in found.summary.arms)


def test_every_look_spends_its_share_of_the_error_rate_and_the_report_reads_the_same(make_study):
    arms = {"dropout": rg.Dropout(0.3), "flip": rg.Flip()}
    found = run(make_study, Untrained(CLEAR, CLEAR), arms=arms)
    assert found.summary.arms[1].comparison.level == pytest.approx(1 - 0.05 / 3 / 2)
    assert found.summary.looks == (5, 10, 20)
    again = load_result(found.folder)
    assert again.verdicts.equals(found.verdicts)
    after = make_study(arms=arms, seeds=5).run(executor=Untrained())
    assert after.summary.looks == (5, 10, 20)  # looks that were taken stay taken


def test_a_study_that_is_read_once_spends_its_error_rate_at_once(make_study):
    once = make_study(arms={"dropout": rg.Dropout(0.3), "flip": rg.Flip()}, seeds=5).run(
        executor=Untrained(CLEAR, CLEAR)
    )
    assert once.summary.arms[1].comparison.level == pytest.approx(1 - 0.05 / 2)
    assert once.summary.looks == ()


def test_an_interrupted_study_goes_on_where_it_was(make_study):
    class Interrupted(Untrained):
        def run(self, jobs):
            if len(self.asked) == 1:
                raise KeyboardInterrupt("stopped")
            yield from super().run(jobs)

    with pytest.raises(KeyboardInterrupt, match="stopped"):
        run(make_study, Interrupted(UNCLEAR))
    executor = Untrained(UNCLEAR)
    assert run(make_study, executor).summary.seeds == tuple(range(20))
    assert [len(jobs) for jobs in executor.asked] == [10, 20]
    last = Untrained()
    run(make_study, last)
    assert [len(jobs) for jobs in last.asked] == [0]


def test_a_report_never_goes_back_to_fewer_seeds(make_study):
    class Killed(Untrained):
        def run(self, jobs):
            raise KeyboardInterrupt("stopped")
            yield

    found = run(make_study, Untrained(LATE))
    with pytest.raises(KeyboardInterrupt, match="stopped"):
        run(make_study, Killed())
    assert load_result(found.folder).summary.seeds == found.summary.seeds == tuple(range(10))


def test_seeds_that_are_added_are_announced_once(make_study):
    events = []
    run(make_study, Untrained(LATE), events)
    kinds = [event["event"] for event in events if event["event"] != "finished"]
    assert kinds == ["planned", "note", "look"]
    assert events[-1]["event"] == "finished"
    finished = [(event["arm"], event["seed"]) for event in events if event["event"] == "finished"]
    assert len(finished) == len(set(finished)) == 20
    look = next(event for event in events if event["event"] == "look")
    assert (look["arms"], look["seeds"]) == (["baseline", "dropout"], [5, 6, 7, 8, 9])


def test_more_seeds_do_not_bring_back_a_lost_run(make_study):
    found = run(make_study, Untrained(UNCLEAR, failing=[2]))
    assert found.summary.seeds == tuple(range(5))
    assert found.summary.arms[1].comparison.verdict is Verdict.NONE


def test_seeds_and_until_decided_exclude_each_other(make_study):
    with pytest.raises(OptionError, match=r"exclude each other: .* takes 5, 10 or 20 seeds"):
        make_study(seeds=5, until_decided=True)
    with pytest.raises(OptionError, match="until_decided must be True or False; received 'yes'"):
        make_study(seeds=None, until_decided="yes")
    assert make_study(seeds=None).looks == ((0, 1, 2, 3, 4),)


def test_keys_of_runs_do_not_depend_on_the_looks(make_study):
    trial = plan_trial(make_study(seeds=None, until_decided=True))
    assert trial.identity() == plan_trial(make_study(seeds=3)).identity()
