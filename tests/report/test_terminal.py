import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from regimen.analysis.summary import summarize
from regimen.report.terminal import print_summary


def printed(summary, details, width=80, file=None, **settings):
    file = file or io.StringIO()
    print_summary(Console(file=file, width=width, **settings), summary, details)
    file.seek(0)
    return file.read()


def squeezed(text):
    return " ".join(text.split())


def test_answer_verdicts_reasons_and_paths_are_there(summary, details):
    text = squeezed(printed(summary, details))
    assert summary.headline in text
    for arm in summary.arms[1:]:
        assert arm.comparison.verdict in text
    for words in (details.best_model, details.report_path, *details.notes, "l2=0.001 on block1_conv2", "1 more line"):
        assert words in text
    assert "early stopping: About" in text


def test_a_row_has_the_numbers_of_its_arm(summary, details):
    lines = printed(summary, details).splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("dropout "))
    arm = summary.arms[1]
    found = arm.comparison
    first, second = lines[index].split(), lines[index + 1].split()
    assert first[:5] == [
        "dropout", f"{100 * arm.accuracy:.1f}", f"+{100 * arm.gap:.1f}", "epoch", str(arm.diagnosis.onset)
    ]  # fmt: skip
    assert (first[5], first[-1]) == (f"+{100 * found.difference:.1f}", "helps")
    assert second[0] == f"{100 * arm.accuracy_low:.1f}–{100 * arm.accuracy_high:.1f}"
    assert second[1:] == [f"+{100 * found.low:.1f}", "to", f"+{100 * found.high:.1f}"]
    assert re.search("├─*●─*┤", lines[index])


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_the_terminal(summary, one_seed, details, width):
    details = replace(details, report_path="report.html")
    for shown in (summary, one_seed):
        text = printed(shown, details, width)
        assert max(map(len, text.splitlines())) <= width
        assert "cannot tell" in squeezed(text)


def test_80_columns_show_every_verdict_beside_its_interval(summary, details):
    table = printed(summary, details).split("Gap:")[0]
    assert "…" not in table
    assert "◂" in table  # the arm with the diverged run reaches beyond the axis


def test_no_ansi_when_piped_and_words_beside_colours(summary, details):
    assert "\x1b" not in printed(summary, details)
    coloured = printed(summary, details, force_terminal=True, color_system="standard", legacy_windows=False)
    assert "\x1b" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(summary, details)


def test_pure_ascii_where_the_encoding_is_not_utf_8(summary, details):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    text = printed(summary, replace(details, notes=("Ångström…",)), file=file)
    assert text.isascii()
    assert re.search(r"\[-*o-*\]", text)
    assert "?ngstr?m..." in text


def test_one_seed_has_dashes_for_intervals(one_seed, details):
    lines = printed(one_seed, details).splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("dropout "))
    assert lines[index + 1].split() == ["—", "—"]


def test_a_baseline_alone_has_no_verdicts(summary, details):
    alone = summarize({"baseline": summary.arms[0].runs})
    text = printed(alone, details)
    assert "verdict" not in text
    assert "difference" not in text


def test_brackets_are_not_markup(summary, details):
    strange = replace(summary.arms[1], name="[red]x[/nope]")
    text = printed(replace(summary, arms=(summary.arms[0], strange)), replace(details, notes=("[bold]",)), 120)
    assert "[red]x[/nope]" in text
    assert "[bold]" in text


def test_a_long_path_is_not_cut(summary, details):
    path = "/".join(["a-folder"] * 20)
    assert path in printed(summary, replace(details, report_path=path))


def test_long_names_of_arms_are_folded_not_cut(summary, details):
    name = "dropout=0.2,where=blocks+flip=horizontal"
    long = replace(summary, arms=(summary.arms[0], replace(summary.arms[1], name=name)))
    text = printed(long, replace(details, receipts={}))
    lines = text.splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("dropout="))
    column = "".join(line.split("  ")[0].split(" ")[0] for line in lines[index : index + 5] if line[:1] != " ")
    assert column.startswith(name)
    assert max(map(len, lines)) <= 80


def test_an_interval_beyond_the_axis_points_to_where_it_lies(summary, details):
    baseline, *others = summary.arms
    far = replace(others[0].comparison, difference=-0.5, low=-0.6, high=-0.4)
    arms = (baseline, replace(others[0], comparison=far), *others[1:3])
    line = next(
        line for line in printed(replace(summary, arms=arms), details).splitlines() if line.startswith("dropout ")
    )
    assert "◂" in line
    assert "▸" not in line
