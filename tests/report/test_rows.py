from dataclasses import replace

import numpy as np
import pytest

from regimen.analysis.crossed import crossed
from regimen.report.rows import run_rows, verdict_rows


def by_arm(summary):
    return {row.arm: row for row in verdict_rows(summary)}, {arm.name: arm for arm in summary.arms}


def test_rows_hold_the_numbers_of_the_summary(summary):
    rows, arms = by_arm(summary)
    assert list(rows) == list(arms)
    row, arm = rows["dropout"], arms["dropout"]
    assert float(row.accuracy) == pytest.approx(100 * arm.accuracy, abs=0.05)
    assert float(row.difference) == pytest.approx(100 * arm.comparison.difference, abs=0.05)
    assert float(row.gap) == pytest.approx(100 * arm.gap, abs=0.05)
    low, high = row.interval.split(" to ")
    assert float(low) == pytest.approx(100 * arm.comparison.low, abs=0.05)
    assert float(high) == pytest.approx(100 * arm.comparison.high, abs=0.05)
    assert float(row.test_accuracy) == pytest.approx(100 * arm.test_accuracy, abs=0.05)
    assert (row.verdict, row.onset) == ("helps", str(arm.diagnosis.onset))
    assert float(row.last_accuracy) == pytest.approx(100 * arm.accuracy_last, abs=0.05)
    assert float(row.last_difference) == pytest.approx(100 * arm.comparison_last.difference, abs=0.05)
    assert (rows["baseline"].difference, rows["baseline"].verdict) == ("", "")


def test_early_stopping_shows_the_accuracy_it_is_judged_by_with_its_own_interval(summary):
    rows, arms = by_arm(summary)
    row, arm = rows["early stopping"], arms["early stopping"]
    low, high, _ = crossed(np.array([run.correct_last for run in arm.runs])).interval(summary.level)
    assert float(row.accuracy) == pytest.approx(100 * arm.accuracy_last, abs=0.05)
    assert row.accuracy_interval == f"{100 * low:.1f}–{100 * high:.1f}"


def test_an_arm_with_a_failed_run_has_no_verdict_and_no_interval(summary):
    row = by_arm(summary)[0]["shift"]
    assert (row.verdict, row.interval) == ("no verdict", "—")


def test_one_seed_has_no_intervals(one_seed):
    rows = verdict_rows(one_seed)
    assert {row.accuracy_interval for row in rows} == {"—"}
    assert {row.interval for row in rows[1:]} == {"—"}


def test_every_run_has_a_row(summary):
    rows = {(row.arm, row.seed): row for row in run_rows(summary)}
    runs = {(run.arm, run.seed): run for arm in summary.arms for run in arm.runs}
    assert rows.keys() == runs.keys()
    row, run = rows["early stopping", 1], runs["early stopping", 1]
    assert (row.epochs, row.selected_epoch, row.status) == ("14", str(run.selected_epoch), "finished")
    assert float(row.accuracy) == pytest.approx(100 * run.correct.mean(), abs=0.05)
    assert float(row.accuracy_last) == pytest.approx(100 * run.correct_last.mean(), abs=0.05)
    assert float(row.training_accuracy) == pytest.approx(100 * run.history["clean_acc"][-1], abs=0.05)
    gap = run.history["clean_acc"][-1] - run.history["val_acc"][-1]
    assert float(row.gap) == pytest.approx(100 * gap, abs=0.05)
    assert row.duration == "13 s"


def test_diverged_and_failed_runs_are_shown(summary):
    rows = {(row.arm, row.seed): row for row in run_rows(summary)}
    lost, broken = rows["batchnorm", 4], rows["shift", 4]
    assert (lost.status, lost.accuracy, lost.gap, lost.selected_epoch) == (
        "diverged, scored at chance",
        "10.0",
        "—",
        "—",
    )
    assert (broken.status, broken.accuracy, broken.epochs) == (
        "failed: RuntimeError: <out of memory>",
        "—",
        "—",
    )


def test_a_large_gap_that_seeds_do_not_confirm_is_unsure(summary):
    arm = summary.arms[0]
    for gap, shown in ((0.139, "unsure"), (0.01, "no")):
        diagnosis = replace(arm.diagnosis, overfits=False, onset=None, gap=gap, gap_low=-0.1, gap_high=0.38)
        assert verdict_rows(replace(summary, arms=(replace(arm, diagnosis=diagnosis),)))[0].onset == shown
