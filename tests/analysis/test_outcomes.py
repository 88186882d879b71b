import numpy as np
import pytest

from regimen.analysis.outcomes import RunOutcome


def test_unknown_status_is_refused():
    with pytest.raises(ValueError, match="finished, diverged, failed; received 'crashed'"):
        RunOutcome("baseline", 0, "crashed", {}, None, None, None, None, 1.0)


@pytest.mark.parametrize("status", ["finished", "diverged"])
def test_a_run_that_counts_needs_its_scores(status):
    with pytest.raises(ValueError, match=r"needs correct and correct_last \(arm l2, seed 3\)"):
        RunOutcome("l2", 3, status, {}, 1, np.ones(2), None, None, 1.0)


def test_only_a_failed_run_is_not_usable():
    ones = np.ones(2)
    assert RunOutcome("l2", 0, "finished", {}, 1, ones, ones, None, 1.0).usable
    assert RunOutcome("l2", 0, "diverged", {}, None, ones, ones, None, 1.0).usable
    assert not RunOutcome("l2", 0, "failed", {}, None, None, None, None, 1.0, "killed").usable


def test_printed_without_numbers_of_single_images_and_epochs():
    ones = np.ones(2)
    run = RunOutcome("l2", 0, "finished", {"loss": ones}, 1, ones, ones, ones, 1.0)
    assert repr(run) == (
        "RunOutcome(arm='l2', seed=0, status='finished', selected_epoch=1, wall_seconds=1.0, error=None, top5=None)"
    )
