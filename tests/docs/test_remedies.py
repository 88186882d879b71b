"""docs/remedies.md is in step with the cards, and a study's verdicts are written into it."""

import re
from pathlib import Path

import pytest

import regimen as rg
from regimen.remedies import REMEDIES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "remedies.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("remedies")


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "remedies.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_the_page_is_in_step_with_the_cards(script, page):
    script.main(["--page", str(page)])
    assert page.read_text(encoding="utf-8") == PAGE, "run: make docs"


def test_every_remedy_has_a_card_and_every_link_a_target(script):
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == list(REMEDIES)
    headings = {heading.lower() for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    links = re.findall(r"\]\(#(.+?)\)", PAGE)
    assert len(links) > len(REMEDIES)
    assert set(links) <= headings


def test_what_would_be_markup_is_not(script):
    (page,) = rg.explain("earlystop").cards
    paragraphs = list(script.card(page))
    assert "| `min_delta` | number | `0` | smaller improvements do not count; at least 0. |" in paragraphs[3]
    assert f"```text\n{page.formula}\n```" in paragraphs
    assert "0 ≤ warmup \\< 1" in "".join(script.card(rg.explain("cosine").cards[0]))


def test_a_study_and_a_search_are_written_between_their_markers(script, page, finished_study, tmp_path):
    search = tmp_path / "search.txt"
    search.write_text("step 1: dropout\n", encoding="utf-8")
    script.main([str(finished_study), "--doses", str(finished_study), "--search", str(search), "--page", str(page)])
    text = page.read_text(encoding="utf-8")
    result = rg.load_result(finished_study)
    rows = [line for line in text.splitlines() if (line.startswith("| `") and "reference" in line) or "points" in line]
    assert rows
    for arm in result.summary.arms:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{arm.name}` |")]
        assert f"| {100 * arm.judged_accuracy:.1f} (" in row
        assert row.endswith(f"| {arm.comparison.verdict if arm.comparison else ''} |")
    assert "```text\nstep 1: dropout\n```" in text
    assert (tmp_path / "images" / "doses.png").read_bytes().startswith(b"\x89PNG")
    assert "](images/doses.png)" in text
    script.main(["--page", str(page)])
    assert page.read_text(encoding="utf-8") == text  # what is not named stays


@pytest.fixture(scope="module")
def finished_study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "study"
    data = rg.load("digits")
    arms = rg.doses(rg.Dropout, rate=[0.1, 0.5])
    rg.Study(data, arms=arms, epochs=1, seeds=2, train_size=60, workers=1, out=folder).run()
    return folder
