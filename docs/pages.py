"""Pages of which parts are generated: what stands between two markers is written by a script."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parent


def filled(text: str, title: str, body: str) -> str:
    """The page with something else between two markers."""
    begin, end = f"<!-- {title}: begin -->", f"<!-- {title}: end -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{body}\n{end}{after}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def read_curves(name: str) -> Mapping[str, Mapping[str, np.ndarray]]:
    """Arm → metric → float64 (epochs,), from a file in docs/curves."""
    found: dict[str, dict[str, list[float]]] = {}
    with (DOCS / "curves" / name).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            curves = found.setdefault(row["arm"], {})
            for metric in ("loss", "acc", "val_loss", "val_acc"):
                curves.setdefault(metric, []).append(float(row[metric]))
    return {arm: {metric: np.array(values) for metric, values in curves.items()} for arm, curves in found.items()}
