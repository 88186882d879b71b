import io

import pytest
from rich.console import Console

from regimen.analysis.comparison import Comparison, Verdict
from regimen.analysis.selection import Candidate, Step
from regimen.report.steps import outcome, path, print_steps


def compared(difference, low, high, verdict):
    return Comparison(difference, low, high, 0.01, 0.85, (difference,), verdict, "because")


HELPS = Candidate("flip", "flip", 0.72, compared(0.021, 0.008, 0.034, Verdict.HELPS))
HURTS = Candidate("[l2]", "flip + [l2]", 0.70, compared(-0.02, -0.031, -0.009, Verdict.HURTS))
LOST = Candidate("lost", "lost", float("nan"), compared(float("nan"), None, None, Verdict.NONE))
FIRST = Step("baseline", 0.699, (HELPS, LOST), {"batchnorm": "a normalization already follows."})
SECOND = Step("flip", 0.72, (HURTS,), {})


def printed(width, encoding="utf-8"):
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding=encoding), width=width)
    print_steps(console, [FIRST, SECOND], "It ended.", 3)
    console.file.flush()
    return [line.rstrip() for line in raw.getvalue().decode(encoding).splitlines()]


def test_every_step_is_a_table_with_what_was_left_out():
    lines = printed(80)
    assert lines[1] == "Step 1, on the model as it is (69.9 %)"
    assert [line.split("  ")[0] for line in lines if line.startswith(("flip", "[l2]", "lost"))] == [
        "flip",
        "lost",
        "[l2]",
    ]
    assert next(line for line in lines if line.startswith("flip")).split() == (
        ["flip", "72.0", "+2.1", "+0.8", "to", "+3.4", "helps:", "taken"]
    )
    assert "batchnorm was left out: a normalization already follows." in lines
    assert "Step 2, on flip (72.0 %)" in lines
    assert "It ended." in lines
    assert "85 %" in " ".join(lines)


@pytest.mark.parametrize("width", [80, 40, 25])
def test_it_fits_the_terminal(width):
    assert max(map(len, printed(width))) <= width
    assert max(map(len, printed(width, "ascii"))) <= width


def test_a_step_in_a_sentence():
    assert outcome(FIRST) == "flip taken on baseline: +2.1 points (+0.8 to +3.4), the best of 2 tried"
    assert outcome(SECOND) == "1 remedy tried on flip, which is not shown to help"
    assert path([FIRST, SECOND]) == f"step 1: {outcome(FIRST)}; step 2: {outcome(SECOND)}"
