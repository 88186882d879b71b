"""docs/reproduction.md is written from studies, beside the published curves."""

from pathlib import Path

import numpy as np
import pytest

import regimen as rg
from regimen.report.wording import points

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reproduction.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("reproduction")


def test_three_studies_become_a_page_and_its_figures(script, tutorials, tmp_path):
    page = tmp_path / "reproduction.md"
    page.write_text(PAGE, encoding="utf-8")
    options = [f"--{name}={tutorials / name}" for name in ("cifar10", "frozen", "fashion")]
    script.main([*options, f"--page={page}"])
    text = page.read_text(encoding="utf-8")
    for name in ("cifar10", "fashion"):
        result = rg.load_result(tutorials / name)
        assert str(result.summary.answer) in text
        for arm in result.summary.arms:
            assert f"| `{arm.name}` | {100 * arm.judged_accuracy:.1f} (" in text
    for name in ("cifar10", "frozen", "fashion"):
        assert (tmp_path / "images" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"](images/{name}.png)" in text


def test_the_page_is_in_step_with_the_studies_that_are_kept(script, tmp_path):
    page = tmp_path / "reproduction.md"
    page.write_text(PAGE, encoding="utf-8")
    script.main([f"--page={page}"])
    assert page.read_text(encoding="utf-8") == PAGE, "run: make docs"


def test_a_repeated_order_is_compared_seed_by_seed(script, tutorials):
    study, frozen = (rg.load_result(tutorials / name) for name in ("cifar10", "frozen"))
    text = script.memorised(study, frozen, {})
    accuracies = [
        {
            run.seed: run.history["val_acc"][1]
            for arm in each.summary.arms
            if arm.name == "batchnorm"
            for run in arm.runs
        }
        for each in (study, frozen)
    ]
    pairs = " / ".join(points(accuracies[1][seed] - accuracies[0][seed]) for seed in (0, 1))
    (row,) = [line for line in text.splitlines() if line.startswith("| `batchnorm` | 2 |")]
    assert f" {pairs} |" in row


def test_the_band_holds_95_of_100_single_runs(script):
    rng = np.random.default_rng(0)
    for runs in (2, 5):
        inside = script.within(rng.normal(0.5, 0.01, (runs, 4000)), rng.normal(0.5, 0.01, 4000))
        assert 0.93 < inside.mean() < 0.97
    assert script.within(np.zeros((1, 4)), np.zeros(4)).size == 0
