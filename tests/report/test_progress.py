import io
import re
import sys

import pytest
from rich.console import Console

from regimen.report.progress import Display


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def epoch(arm, seed, number, val_acc=0.6, val_loss=None):
    loss = 1 / number if val_loss is None else val_loss
    metrics = {"clean_val_loss": loss, "val_acc": val_acc, "clean_acc": val_acc + 0.05}
    return {"event": "epoch", "arm": arm, "seed": seed, "epoch": number, "metrics": metrics}


def started(arm, seed):
    return {"event": "started", "arm": arm, "seed": seed}


def finish(arm, seed, status="finished", restored=False):
    return {"event": "finished", "arm": arm, "seed": seed, "status": status, "restored": restored}


def piped(arms, seeds, epochs, events, clock, seconds=0.0, width=80):
    console = Console(file=io.StringIO(), width=width)
    with Display(arms, seeds, epochs, console, clock=clock) as display:
        for event in events:
            clock.now += seconds
            display(event)
    return console.file.getvalue().splitlines()


def test_a_finished_run_is_one_plain_line(clock):
    events = [started("a", 0), *(epoch("a", 0, n, 0.6 + n / 100) for n in (1, 2)), epoch("a", 0, 3, 0.5, 9.0)]
    lines = piped(["a", "b"], [0], 3, [*events, finish("a", 0)], clock, 2.0)
    assert lines == [
        "a seed 0: 3 epochs, best epoch 2, val 62.0 %, gap 5.0 points at the end, 8.0 s (1 of 2 runs)",
        "1 of 2 runs done in 10 s",
    ]


def test_restored_diverged_and_failed_runs(clock):
    events = [
        *(finish("a", seed, restored=True) for seed in range(3)),
        epoch("b", 0, 2),
        finish("b", 0, status="diverged"),
        {"event": "failed", "arm": "b", "seed": 1, "error": "RuntimeError: boom"},
        {"event": "note", "text": "[a note]"},
    ]
    assert piped(["a", "b"], range(3), 9, events, clock) == [
        "3 runs of 6 finished before, not trained again",
        "b seed 0: diverged at epoch 2, 0.0 s (4 of 6 runs)",
        "b seed 1: failed: RuntimeError: boom (5 of 6 runs)",
        "[a note]",
        "5 of 6 runs done in 0.0 s (3 finished before, 1 diverged, 1 failed)",
    ]


def test_long_runs_report_about_every_30_seconds(clock):
    lines = piped(["a"], [0], 100, [started("a", 0), *(epoch("a", 0, n) for n in range(1, 51))], clock, 4.0)
    said = [line for line in lines if line.endswith("%") or "% after" in line]
    assert len(said) == 204 // 32
    assert said[1] == "15 % after 1 min 04 s, about 5 min 40 s left; 0 of 1 runs done; a seed 0 epoch 15"


def test_nothing_but_plain_text_when_piped(clock):
    lines = piped(["a"], [0], 3, [started("a", 0), epoch("a", 0, 1), finish("a", 0)], clock)
    assert "\x1b" not in "".join(lines)


def on_terminal(arms, seeds, epochs, events, clock, width=80, height=24):
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system=None)
    with Display(arms, seeds, epochs, console, clock=clock) as display:
        for event in events:
            display(event)
            clock.now += 1.0
        picture = Console(file=io.StringIO(), width=width)
        picture.print(display._picture())
    return picture.file.getvalue(), file.getvalue()


def test_the_live_display_has_a_line_per_arm_and_a_bar(clock):
    events = [started("a", 0), started("a", 1), epoch("a", 0, 3, 0.6), epoch("a", 1, 5, 0.7), finish("b", 0)]
    events += [epoch("a", 0, 4, 0.6)]
    picture, everything = on_terminal(["a", "b", "c"], [0, 1], 10, events, clock)
    a, b, c, bar = picture.splitlines()
    assert a.split() == ["a", "0/2", "epoch", "4–5/10", "val", "65.0", "%", "train", "70.0", "%"]
    assert b.split() == ["b", "1/2", "waiting"]
    assert c.split() == ["c", "0/2", "waiting"]
    assert re.search(r"32 %, 6\.0 s, about 1 min 22 s left", bar)
    assert "━" in bar
    assert "1 of 6 runs done" in everything


def test_failures_and_notes_stay_above_the_live_display(clock):
    events = [{"event": "failed", "arm": "a", "seed": 0, "error": "boom"}, {"event": "note", "text": "look"}]
    _, everything = on_terminal(["a"], [0], 10, events, clock)
    assert "a seed 0: failed: boom (1 of 1 runs)" in everything
    assert "look" in everything


def test_finished_runs_are_no_lines_on_a_terminal(clock):
    _, everything = on_terminal(["a"], [0], 1, [epoch("a", 0, 1), finish("a", 0)], clock)
    assert "best epoch" not in everything


@pytest.mark.parametrize(("width", "height"), [(80, 12), (40, 10), (20, 5)])
def test_many_arms_on_a_small_terminal(clock, width, height):
    arms = [f"an arm with a long name {index}" for index in range(20)]
    events = [started(arms[17], 0), *(epoch(arms[17], 0, n) for n in range(1, 5))]
    picture, _ = on_terminal(arms, range(5), 100, events, clock, width, height)
    lines = picture.splitlines()
    assert len(lines) < height
    assert max(map(len, lines)) <= width
    assert "epoch" in picture  # the arm under way is among those shown
    assert f"and {20 - (height - 3)} more arms" in picture


def test_it_writes_to_standard_error_by_default(capsys, clock):
    with Display(["a"], [0], 1, clock=clock) as display:
        display(finish("a", 0))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 of 1 runs done" in captured.err


def test_an_interrupted_study_leaves_the_terminal_in_order(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with pytest.raises(KeyboardInterrupt, match="stop"), Display(["a"], [0], 1, console, clock=clock):
        raise KeyboardInterrupt("stop")
    assert console.file.getvalue().rstrip().endswith("0 of 1 runs done in 0.0 s")
    assert "\x1b[?25h" in console.file.getvalue()  # the cursor is shown again
    assert sys.stderr is not console.file
