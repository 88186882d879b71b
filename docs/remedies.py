"""Writes docs/remedies.md: the card of every remedy, and what studies found about them.

``python docs/remedies.py`` writes cards and receipts. ``python docs/remedies.py STUDY_DIR`` also writes the table of
verdicts of that study; ``--doses STUDY_DIR`` the dose–response figure of another one, ``--search FILE`` the output of
``regimen search``, kept as text. What is not named stays as it is. Everything between two markers is generated.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from pages import DOCS, filled

from regimen import StudyResult, explain, load_result
from regimen.remedies import FAMILIES
from regimen.report.cards import FAMILY_TITLES, KINDS, CardPage
from regimen.report.rows import verdict_rows
from regimen.study.cards import card_of

PAGE = DOCS / "remedies.md"
FIGURE = "images/doses.png"
MODELS = "docs/example_models.py"
RECEIPTS = (
    ("residual", "dropout=0.3 + l2 + batchnorm"),
    ("residual", "stochasticdepth"),
    ("mobilenet", "dropout=0.3 + l2 + stochasticdepth"),
    ("frozen_mobilenet", "dropout=0.3,where=head + l2 + batchnorm"),
)
"""What is applied to which model of `MODELS`."""
SHOWN = 4
"""Lines of a receipt."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", type=Path, help="directory of a study, for the table of verdicts")
    parser.add_argument("--doses", type=Path, help="directory of a study of several strengths")
    parser.add_argument("--search", type=Path, help="output of regimen search")
    parser.add_argument("--page", type=Path, default=PAGE, help="with the markers to write between")
    given = parser.parse_args(arguments)
    text = filled(given.page.read_text(encoding="utf-8"), "contents", contents())
    text = filled(text, "receipts", receipts())
    text = filled(text, "cards", cards())
    if given.study:
        text = filled(text, "verdicts", verdicts(given.study))
    if given.doses:
        text = filled(text, "doses", doses(given.doses, given.page.parent / FIGURE))
    if given.search:
        text = filled(text, "search", f"```text\n{given.search.read_text(encoding='utf-8').strip()}\n```")
    given.page.write_text(text, encoding="utf-8")


# Cards


def contents() -> str:
    """The remedies by family, each a link to its card."""
    lines = []
    for family, members in FAMILIES.items():
        links = ", ".join(f"[{remedy.word}](#{remedy.word})" for remedy in members)
        lines.append(f"- **{FAMILY_TITLES[family]}**: {links}")
    return "\n".join(lines)


def cards() -> str:
    """Every card, by family."""
    parts = []
    for family, members in FAMILIES.items():
        parts += [f"## {FAMILY_TITLES[family]}", *("\n\n".join(card(card_of(remedy))) for remedy in members)]
    return "\n\n".join(parts)


def card(page: CardPage) -> Iterator[str]:
    """The paragraphs of a card."""
    yield f"### {page.word}"
    yield _prose(page.what)
    yield f"```text\n{page.formula}\n```"
    if page.parameters:
        rows = [
            f"| `{each.name}` | {KINDS[each.kind]} | `{each.default}` | {_cell(each.meaning)} |"
            for each in page.parameters
        ]
        yield "\n".join(["| parameter | type | default | meaning |", "| --- | --- | --- | --- |", *rows])
    for heading, text in page.sections:
        yield f"**{heading}.** {_prose(text)}"
    if page.interactions:
        lines = [f"- [{word}](#{word}): {_prose(text)}" for word, text in page.interactions]
        yield "\n".join(["**With other remedies**", "", *lines])
    yield f"**In plain Keras**\n\n```python\n{page.keras}\n```"
    yield f"**How to try it:** `--arm {page.arm}`, or `{page.python}` after `import regimen as rg`"
    yield "\n".join(["**Sources**", "", *(f"- {_prose(paper)}" for paper in page.papers)])


def _prose(text: str) -> str:
    """Plain text as Markdown: what would be markup is not."""
    for mark in "\\*<>":  # not the underscore: within a word it is none
        text = text.replace(mark, f"\\{mark}")
    return text


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|")


# Receipts


def receipts() -> str:
    """What some remedies change in models of one's own."""
    return "\n\n".join(_receipt(model, arm) for model, arm in RECEIPTS)


def _receipt(model: str, arm: str) -> str:
    lines = [f'$ regimen explain "{arm}" --model {MODELS}:{model} --image-size 32', ""]
    found = explain(arm, PAGE.parents[1] / f"{MODELS}:{model}", image_size=32).change.receipts
    for remedy, changes in found:
        shown = changes if len(changes) <= 2 * SHOWN else changes[:SHOWN]
        lines += [remedy, *(f"  {change}" for change in shown)]
        if shown is not changes:
            lines.append(f"  … and {len(changes) - SHOWN} lines like these")
    return "\n".join(["```text", *lines, "```"])


# Studies


def verdicts(folder: Path) -> str:
    """What a study found, as a table."""
    result = load_result(folder)
    head = ["arm", "accuracy, %", "difference, points", "gap, points", "verdict"]
    lines = [head, ["---", "---:", "---:", "---:", "---"]]
    for row in verdict_rows(result.summary):
        accuracy = f"{row.accuracy} ({row.accuracy_interval})"
        difference = f"{row.difference} ({row.interval})" if row.verdict else "reference"
        lines.append([f"`{_cell_of_code(row.arm)}`", accuracy, difference, row.gap, row.verdict])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    said = f"{result.summary.headline} {result.summary.answer}"
    return f"{_prose(said)}\n\n{table}\n\n{_command(result)}"


def _command(result: StudyResult) -> str:
    """How to run the study again."""
    return f"```sh\n{result.details.command}\n```"


def _cell_of_code(text: str) -> str:
    return text.replace("|", "\\|")


def doses(folder: Path, figure: Path) -> str:
    """The dose–response figure of a study, written beside the page."""
    from regimen.report.figures import save

    result = load_result(folder)
    figure.parent.mkdir(exist_ok=True)
    save(result.plot_doses(), figure, "png")
    said = " ".join(_prose(response.sentence) for response in result.doses)
    picture = f"![{result.details.name}: strength against gap, accuracy and loss]({FIGURE})"
    return f"{said}\n\n{picture}\n\n{_command(result)}"


if __name__ == "__main__":
    main()
