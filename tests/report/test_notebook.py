import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from regimen.report.notebook import notebook_html


class Reader(HTMLParser):
    """Collects the tags and the text of a fragment; every tag that opens must close."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.words = [], [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data + "\n"


@pytest.fixture
def without_figure(monkeypatch):
    """Drawing takes seconds, and one test looks at the figure."""
    monkeypatch.setattr("regimen.report.notebook._figure", lambda _: "data:,")


def test_answer_verdicts_and_figure_in_numbers_for_people(summary):
    html = notebook_html(summary, "Report: a/report.html")
    found = Reader(html)
    assert summary.headline in found.words
    assert summary.answer in found.words
    assert found.tags.count("tr") == 1 + len(summary.arms)
    arm = summary.arms[1]
    assert f"{100 * arm.accuracy:.1f} ({100 * arm.accuracy_low:.1f}–{100 * arm.accuracy_high:.1f})" in found.words
    assert str(arm.comparison.verdict) in found.words
    assert f"{100 * arm.test_accuracy:.1f}" in found.words
    assert "Report: a/report.html" in found.words
    assert not re.search(r"\d\.\d{4}", found.words)  # no raw float
    picture = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', html)[1])
    assert picture.startswith(b"\x89PNG")
    assert "<script" not in html


def test_names_are_shown_not_interpreted(summary, without_figure):
    odd = replace(summary.arms[1], name='<script>alert("x")</script>')
    found = Reader(notebook_html(replace(summary, arms=(summary.arms[0], odd)), "<b>"))
    assert "script" not in found.tags
    assert "b" not in found.tags
    assert odd.name in found.words


def test_a_study_of_the_baseline_alone_has_no_verdicts(summary, without_figure):
    found = Reader(notebook_html(replace(summary, arms=summary.arms[:1]), ""))
    assert found.tags.count("th") == 5
    assert "difference, points" not in found.words


def test_one_seed_has_no_intervals(one_seed, without_figure):
    assert "—" not in Reader(notebook_html(one_seed, "")).words.split("points")[0]
