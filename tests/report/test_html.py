import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize
from regimen.report.content import Content
from regimen.report.html import render, write_html
from regimen.report.rows import run_rows

from .conftest import errors, finished, pictures

VOID = {"meta", "link", "img", "br", "input", "hr"}


def spaced(text):
    """Text without the spaces that keep a number and its % on one line."""
    return text.replace("\u00a0", " ")


class Page(HTMLParser):
    """The elements, the text and the tables of a page; complains when tags are not balanced."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.words, self.open, self.tables, self.scripts = [], [], [], [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag == "script":
            self.scripts.append("")
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" in self.open:
            self.scripts[-1] += data
        if {"style", "script", "noscript"} & set(self.open):
            return
        self.words.append(data)
        if "tr" in self.open and ("td" in self.open or "th" in self.open):
            self.tables[-1][-1][-1] += data

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    @property
    def figures(self):
        return json.loads(self.scripts[0])["figures"]

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def table(self, index):
        return [[" ".join(cell.split()) for cell in row] for row in self.tables[index]]


@pytest.fixture(scope="module")
def rendered(summary):
    """The page is 5 MB: read once."""
    return {}


@pytest.fixture
def source(content, rendered):
    if not rendered:
        rendered["source"] = render(content)
    return rendered["source"]


@pytest.fixture
def page(source, rendered):
    if "page" not in rendered:
        rendered["page"] = Page(source)
    return rendered["page"]


def test_the_answer_comes_first(page, summary):
    assert summary.headline in spaced(page.text)
    assert summary.answer in spaced(page.text)
    assert spaced(page.text).index(summary.headline) < page.text.index("Verdicts")


def test_the_table_of_verdicts_has_the_numbers_given(page, summary):
    header, *rows = page.table(0)
    assert [cell.split(",")[0] for cell in header[:3]] == ["arm", "verdict", "difference"]
    assert len(rows) == len(summary.arms)
    for row, arm in zip(rows[1:], summary.arms[1:], strict=True):
        assert row[0] == arm.name
        assert arm.comparison.verdict in row[1]
        assert row[2].replace("−", "-").startswith(f"{100 * arm.comparison.difference:+.1f}")
        assert row[4].startswith(f"{100 * arm.judged_accuracy:.1f}")
        assert arm.comparison.reason in spaced(page.text)


def test_every_run_is_listed(page, summary):
    _, *rows = next(table for table in map(page.table, range(len(page.tables))) if "epochs run" in table[0])
    assert [(row[0], int(row[1])) for row in rows] == [(run.arm, run.seed) for arm in summary.arms for run in arm.runs]
    for row, run in zip(rows, run_rows(summary), strict=True):
        assert row[3:] == [
            run.selected_epoch,
            run.epochs,
            run.accuracy,
            run.accuracy_last,
            run.training_accuracy,
            run.gap,
            run.test_accuracy,
            run.duration,
        ]
    assert [row[2] for row in rows if row[2] != "finished"] == [
        "diverged, scored at chance",
        "failed: RuntimeError: <out of memory>",
    ]


def test_intervals_are_drawn_with_words(page, summary):
    drawings = [attributes for attributes in page.named("svg") if attributes["class"] == "interval"]
    assert len(drawings) == len(summary.arms) - 1
    assert re.fullmatch(r"\+4\.\d points, interval \+\d\.\d to \+\d\.\d", drawings[0]["aria-label"])
    seeds = [attributes for attributes in page.named("circle") if attributes["class"] == "seed"]
    assert len(seeds) == 4 * 5 + 4 - 1  # the diverged one lies beyond the axis, the failed one is none


def test_circumstances_are_there(page, details):
    assert details.command in page.text
    for label, value in (*details.dataset, *details.setup, *details.environment):
        assert label in page.text
        assert value in page.text
    for words in ("dropout=0.2 after block2_pool", details.notes[0], details.best_model, details.folder):
        assert words in page.text


def test_nothing_is_loaded_from_elsewhere(source, page):
    assert not [a for a in page.named("script") if "src" in a]
    addresses = [
        a[key] for _, a in page.elements for key in ("src", "href", "srcset", "data", "xlink:href") if key in a
    ]
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    ours = [script for script in page.scripts if len(script) < 1_000_000]  # the plotting library names its home page
    assert len(ours) == len(page.scripts) - 1
    assert not re.search(r"https?://|url\(|@import|fetch\(", "".join(ours) + source.split("</style>")[0])


def test_figures_are_valid_and_described(page, summary):
    import plotly.graph_objects as go

    described = {a["data-figure"]: a["aria-label"] for a in page.named("div") if "data-figure" in a}
    assert set(described) == set(page.figures)
    for name, figure in page.figures.items():
        go.Figure(data=figure["data"], layout=figure["layout"])  # raises for what plotly does not know
        assert described[name] == figure["words"]
    assert "dropout: +5.2 points (+4.5 to +5.8)" in described["gap"]


def test_curves_are_means_over_the_runs_still_going(page, summary):
    arm = summary.arms[3]  # early stopping: 12, 14, … epochs
    (trace,) = (
        t
        for t in page.figures["accuracy"]["data"]
        if t["meta"] == {"arm": 3, "kind": "validation"} and t["mode"] == "lines+markers"
    )
    longest = max(arm.runs, key=lambda run: len(run.history["val_acc"]))
    assert trace["x"] == list(range(1, len(longest.history["val_acc"]) + 1))
    assert trace["y"][-1] == pytest.approx(100 * longest.history["val_acc"][-1], abs=0.01)
    assert trace["y"][0] == pytest.approx(100 * sum(run.history["val_acc"][0] for run in arm.runs) / 5, abs=0.01)


def test_it_is_accessible(source, page):
    assert source.startswith("<!DOCTYPE html>")
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("caption")) == len(page.named("table")) > 7
    assert all(attributes["scope"] in ("row", "col") for attributes in page.named("th"))
    assert len(page.named("h1")) == 1
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(identifiers)) == len(identifiers)
    named = {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert named <= set(identifiers)
    assert "prefers-color-scheme: dark" in source
    assert any(attributes.get("name") == "viewport" for attributes in page.named("meta"))


def test_text_is_shown_never_interpreted(summary, details):
    evil = '<script>alert("x")</script>\' onload="y'
    arms = (summary.arms[0], replace(summary.arms[1], name=evil))
    strange = replace(
        details,
        name=evil,
        command=evil,
        dataset=((evil, evil),),
        receipts={evil: (evil,)},
        notes=(evil,),
        best_model=evil,
    )
    page = Page(render(Content(replace(summary, arms=arms, answer=evil, headline=evil), strange)))
    assert len(page.named("script")) == 3
    assert not [a for _, a in page.elements if "onload" in a]
    assert page.text.count(evil) >= 9
    assert "&lt;script&gt;" in page.figures["gap"]["data"][1]["name"]


def test_names_of_classes_are_shown_never_interpreted(page, source):
    assert len(page.named("script")) == 3
    assert not [a for _, a in page.elements if "onerror" in a]
    assert page.text.count("document.title") > 5
    assert "<script>document" not in source
    assert "&lt;script&gt;" in page.figures["confusion"]["data"][0]["x"][1]


def test_mistakes_are_told_with_pictures(page, content):
    images = page.named("img")
    known = json.loads(page.scripts[0])["pictures"]
    assert {image["data-picture"] for image in images} <= set(known)
    assert all(url.startswith("data:image/webp;base64,") for url in known.values())
    arm = content.errors.arm("dropout")
    first = arm.mistakes[0]
    alt = next(image["alt"] for image in images if image["data-picture"] == str(first.image))
    assert spaced(alt).endswith(f"wrong in {first.wrong} of {first.runs} runs")
    assert f"dropout fixes {len(arm.changes.fixed)} of the {arm.changes.wrong_before} errors" in page.text
    assert "1 run diverged or failed and is left out" in page.text
    table = next(table for table in page.tables if "calibration error, points" in table[0])
    assert [row[0] for row in table[1:]] == [arm.name for arm in content.errors.arms]
    assert table[1][1].startswith(f"{100 * content.errors.arms[0].calibration.ece:.1f} ")


def test_doses_are_drawn_with_their_intervals(page, content):
    trace = page.figures["dose-0-accuracy"]["data"][0]
    doses = content.doses[0].doses
    assert trace["x"] == ["0 (baseline)", "0.2", "0.5"]
    assert trace["y"] == pytest.approx([100 * dose.accuracy for dose in doses], rel=1e-4)
    assert trace["error_y"]["array"] == pytest.approx(
        [100 * (dose.accuracy_high - dose.accuracy) for dose in doses], rel=1e-3
    )
    assert content.doses[0].sentence in page.text


def test_code_is_there_to_be_copied(page):
    assert "--arm dropout=0.2" in page.text
    assert "x = keras.layers.Dropout(0.2)(x)  # new, after block1_pool" in "".join(page.words)


def test_code_for_the_shell_is_quoted(content):
    evil = 'a "b" $(touch x) `y`: dropout=0.2'
    code = {"dropout": replace(content.details.code["dropout"], arm=evil)}
    page = Page(render(replace(content, details=replace(content.details, code=code))))
    shown = next(words for words in page.words if words.startswith("--arm"))
    assert shlex.split(shown) == ["--arm", evil]


def test_many_classes_have_a_table_instead_of_a_figure(content):
    names = tuple(f"class {index}" for index in range(31))
    matrix = np.zeros((31, 31))
    arms = tuple(replace(arm, confusion=matrix) for arm in content.errors.arms)
    page = Page(render(replace(content, errors=replace(content.errors, class_names=names, arms=arms))))
    assert "confusion" not in page.figures
    assert "The most frequent confusions" in page.text


def test_a_large_study_makes_a_report_of_less_than_6_mb(details):
    names = ["baseline", *(f"dropout=0.{i}" for i in range(1, 10))]
    runs = {name: [finished(name, seed, epochs=50) for seed in range(5)] for name in names}
    found = errors(names, seeds=5, images=10_000)
    page = render(Content(summarize(runs), details, errors=found, pictures=pictures(found, size=224)))
    assert len(page.encode()) < 6_000_000


def test_studies_without_comparison_or_circumstances(details):
    runs = [RunOutcome("baseline", 0, "failed", {}, None, None, None, None, 0.1, "boom")]
    bare = replace(
        details, command="", dataset=(), setup=(), receipts={}, environment=(), notes=(), best_model="", folder=""
    )
    page = Page(render(Content(summarize({"baseline": runs}), bare)))
    assert "Run it again" not in page.text
    assert "At the last epoch instead" not in page.text
    assert len(page.tables) == 2
    assert "failed: boom" in page.text


def test_one_seed(one_seed, details):
    page = Page(render(Content(one_seed, details)))
    assert "Intervals are" not in page.text
    assert page.table(0)[2][2].endswith("—")


def test_it_is_written_completely_or_not_at_all(summary, details, source, tmp_path, monkeypatch):
    monkeypatch.setattr("regimen.report.html.render", lambda content, lang: source)
    path = tmp_path / "report.html"
    content = Content(summary, details)
    write_html(path, content)
    assert path.read_text(encoding="utf-8") == source
    monkeypatch.setattr("regimen.report.html.os.replace", lambda *paths: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division"):
        write_html(path, content)
    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("report.html", source)]


def test_the_report_is_the_same_every_time(one_seed, details):
    alone = replace(one_seed, arms=one_seed.arms[:1])
    assert render(Content(alone, details)) == render(Content(alone, details))


def test_the_card_of_each_remedy_is_folded_away(page, source, details):
    (card,) = details.cards
    (fold,) = [attributes for attributes in page.named("details") if attributes.get("class") == "remedy"]
    assert "open" not in fold
    said = (card.what, card.helps, card.hurts, card.strengths, *card.formula.splitlines(), card.keras, *card.papers)
    for text in (*said, "dropout · Layers of the network", "Both at once need less of each."):
        assert text in page.text
    assert "<b>at random</b>" not in source


def test_without_cards_there_is_no_place_for_them(content):
    source = render(replace(content, details=replace(content.details, cards=())))
    assert "What each remedy is" not in source
