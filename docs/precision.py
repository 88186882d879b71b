"""Writes docs/precision.md: the same studies in bfloat16 and in float32, compared by the product's own verdict.

    python docs/precision.py [--studies DIR]

DIR holds the finished studies digits-float32, digits-bfloat16, cifar10-float32 and cifar10-bfloat16; by default those
that docs/evidence keeps. Everything between two markers is generated.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evidence import unpack
from pages import DOCS, filled, table

from regimen import StudyResult, load_result
from regimen.analysis.comparison import Comparison
from regimen.analysis.pairing import compare_runs
from regimen.report.rows import VerdictRow, study_size, verdict_rows
from regimen.report.wording import percent, points, points_range, verdict_word

PAGE = DOCS / "precision.md"
IMAGES = ("digits", "cifar10")
PRECISIONS = ("float32", "bfloat16")


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=Path, help="directory of the four studies' directories")
    parser.add_argument("--page", type=Path, default=PAGE, help="with the markers to write between")
    given = parser.parse_args(arguments)
    text = given.page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        for images in IMAGES:
            names = [f"{images}-{precision}" for precision in PRECISIONS]
            kept = given.studies
            studies = [load_result(kept / name if kept else unpack(name, Path(temporary) / name)) for name in names]
            if _design(studies[0]) != _design(studies[1]):
                sys.exit(f"{' and '.join(names)} differ in more than their precision.")
            text = filled(text, f"{images} arms", arms(*studies))
            text = filled(text, f"{images} conclusions", conclusions(*studies))
    given.page.write_text(text, encoding="utf-8")


def arms(float32: StudyResult, bfloat16: StudyResult) -> str:
    """Each arm in bfloat16 against itself in float32, seed by seed."""
    rows = []
    for old, new, found in zip(float32.summary.arms, bfloat16.summary.arms, compared(float32, bfloat16), strict=True):
        rows.append(
            [
                f"`{old.name}`",
                percent(old.accuracy),
                percent(new.accuracy),
                f"{points(found.difference)} ({points_range(found.low, found.high)})",
                str(verdict_word(found.verdict)),
            ]
        )
    head = ["arm", "float32, %", "bfloat16, %", "bfloat16 − float32, points", "verdict"]
    commands = "\n".join(study.details.command for study in (float32, bfloat16))
    return f"{study_size(float32.summary)}.\n\n{table(head, rows)}\n\n```sh\n{commands}\n```"


def compared(float32: StudyResult, bfloat16: StudyResult) -> list[Comparison]:
    """Each arm in bfloat16 as if it were an arm, and its float32 the baseline; corrected for the number of arms."""
    pairs = list(zip(float32.summary.arms, bfloat16.summary.arms, strict=True))
    return [
        compare_runs(
            new.runs,
            old.runs,
            "correct",
            margin=float32.summary.margin,
            comparisons=len(pairs),
            level=float32.summary.level,
        )
        for old, new in pairs
    ]


def conclusions(float32: StudyResult, bfloat16: StudyResult) -> str:
    """What either study says of overfitting and of the remedies."""
    rows = [
        [f"`{old.arm}`", old.gap, new.gap, old.since, new.since, *_against_baseline(old), *_against_baseline(new)]
        for old, new in zip(*(verdict_rows(study.summary) for study in (float32, bfloat16)), strict=True)
    ]
    parts = ["gap, points", "overfits from"]
    head = ["arm", *(f"{part}: {precision}" for part in parts for precision in PRECISIONS)]
    head += [f"{precision}: {part}" for precision in PRECISIONS for part in ("difference, points", "verdict")]
    return f"{agreement(float32, bfloat16)}\n\n{table(head, rows)}"


def agreement(float32: StudyResult, bfloat16: StudyResult) -> str:
    """In how many arms the verdict on the remedy is the same, and where it is not."""
    verdicts = [
        (old.name, old.comparison.verdict, new.comparison.verdict)
        for old, new in zip(float32.summary.arms, bfloat16.summary.arms, strict=True)
        if old.comparison
    ]
    differ = [
        f"`{arm}` ({verdict_word(old)} in float32, {verdict_word(new)} in bfloat16)"
        for arm, old, new in verdicts
        if old is not new
    ]
    same = f"The verdict is the same for {len(verdicts) - len(differ)} of {len(verdicts)} remedies"
    return f"{same}; it differs for {', '.join(differ)}." if differ else f"{same}."


def _design(study: StudyResult) -> list[object]:
    """All that two studies must have in common: data, arms and settings but the precision."""
    details = study.details
    return [details.dataset, details.receipts, [row for row in details.setup if row[0] != "precision"]]


def _against_baseline(row: VerdictRow) -> list[str]:
    return [f"{row.difference} ({row.interval})", row.verdict] if row.comparison else ["reference", ""]


if __name__ == "__main__":
    main()
