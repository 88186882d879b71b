"""docs/precision.md is written from the same studies in both precisions."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import regimen as rg
from regimen.analysis import Verdict
from regimen.report.wording import percent, points

PAGE = (Path(__file__).parents[2] / "docs" / "precision.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("precision")


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Two studies in miniature, in both precisions, under the names that the page asks for."""
    parent = tmp_path_factory.mktemp("precisions")
    small = {"train_size": 100, "validation": 0.3, "seeds": 2, "epochs": 2, "workers": 1}
    study = rg.Study.read("digits-demo", **small)
    for name, tried in (("digits", ("dropout", "batchnorm")), ("cifar10", ("l2",))):
        for precision in ("float32", "bfloat16"):
            command = f"regimen study {name} --precision {precision}"
            settings = {"arms": {arm: study.arms[arm] for arm in tried}, "precision": precision, "command": command}
            replace(study, **settings, out=parent / f"{name}-{precision}").run()
    return parent


def test_two_studies_become_tables(script, studies, tmp_path):
    page = tmp_path / "precision.md"
    page.write_text(PAGE, encoding="utf-8")
    script.main([f"--studies={studies}", f"--page={page}"])
    text = page.read_text(encoding="utf-8")
    for name in ("digits", "cifar10"):
        old, new = (rg.load_result(studies / f"{name}-{precision}") for precision in ("float32", "bfloat16"))
        assert f"regimen study {name} --precision float32\nregimen study {name} --precision bfloat16" in text
        for before, after in zip(old.summary.arms, new.summary.arms, strict=True):
            pairs = zip(after.runs, before.runs, strict=True)
            difference = np.mean([mine.correct.mean() - theirs.correct.mean() for mine, theirs in pairs])
            row = f"| `{before.name}` | {percent(before.accuracy)} | {percent(after.accuracy)} | {points(difference)} ("
            assert row in text
            gaps = f"| `{before.name}` | {points(before.gap)} | {points(after.gap)} |"
            assert gaps in text
            if before.comparison:
                either = [f"{points(arm.comparison.difference)} (" for arm in (before, after)]
                assert re.search(".*".join(map(re.escape, (gaps, *either))), text)


def test_verdicts_that_differ_are_named(script, studies):
    old, new = (rg.load_result(studies / f"digits-{precision}") for precision in ("float32", "bfloat16"))
    assert script.agreement(old, old) == "The verdict is the same for 2 of 2 remedies."
    arm = new.summary.arms[1]
    decided = replace(arm, comparison=replace(arm.comparison, verdict=Verdict.HELPS))
    summary = replace(new.summary, arms=(new.summary.arms[0], decided, new.summary.arms[2]))
    said = script.agreement(old, SimpleNamespace(summary=summary))
    before = old.summary.arms[1].comparison.verdict
    expected = f"1 of 2 remedies; it differs for `dropout` ({before} in float32, helps in bfloat16)."
    assert said == f"The verdict is the same for {expected}"


def test_studies_that_differ_in_more_are_refused(script, studies, tmp_path):
    for name, other in (("digits-float32", "digits-float32"), ("digits-bfloat16", "cifar10-bfloat16")):
        (tmp_path / name).symlink_to(studies / other)
    page = tmp_path / "precision.md"
    page.write_text(PAGE, encoding="utf-8")
    with pytest.raises(SystemExit, match="digits-float32 and digits-bfloat16 differ in more than their precision"):
        script.main([f"--studies={tmp_path}", f"--page={page}"])


def test_the_page_is_in_step_with_the_studies_that_are_kept(script, tmp_path):
    page = tmp_path / "precision.md"
    page.write_text(PAGE, encoding="utf-8")
    script.main([f"--page={page}"])
    assert page.read_text(encoding="utf-8") == PAGE, "run: make docs"
