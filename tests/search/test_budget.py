import math

import numpy as np
import pytest

from regimen.analysis import RunOutcome
from regimen.errors import OptionError
from regimen.search.budget import Budget


def runs(*seconds):
    right = np.ones(2)
    return [RunOutcome("a", seed, "finished", {}, 1, right, right, None, each) for seed, each in enumerate(seconds)]


@pytest.mark.parametrize(
    ("written", "amount", "timed"),
    [
        (60, 60, False),
        ("60", 60, False),
        ("60 runs", 60, False),
        ("1 run", 1, False),
        ("30min", 1800, True),
        (" 1.5 h ", 5400, True),
        (None, math.inf, False),
    ],
)
def test_it_reads_runs_and_time(written, amount, timed):
    assert Budget.read(written) == Budget(amount, timed)


@pytest.mark.parametrize(
    "written", ["", "much", "0", "0min", "-3", "1.5", "1.5 runs", "30 s", "30minutes", True, "nan"]
)
def test_anything_else_is_refused(written):
    with pytest.raises(OptionError, match=r"such as 60, or of training time, such as 30min or 2h; received"):
        Budget.read(written)


def test_runs_are_counted_and_the_reserved_ones_kept_free():
    assert Budget(60).room([], 20) == 40
    assert Budget(60).room([runs(5, 5), runs(900)], 20) == 37
    assert Budget(60).room([runs(*range(50))], 20) == -10
    assert Budget().room([runs(1)], 20) == math.inf


def test_seconds_are_counted_at_the_pace_of_the_dearest_arm():
    assert Budget(100, timed=True).room([runs(2, 4), runs(7, 9)], 4) == (100 - 22) // 8 - 4
    assert Budget(100, timed=True).room([runs(10)], 9) == 0
