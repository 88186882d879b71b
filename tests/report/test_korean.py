"""A report and a summary in Korean: nothing that is shown stays English but names, code and sources."""

import io
import json
import re
from html import unescape

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from regimen.analysis.training import diagnose_training
from regimen.report.content import Content
from regimen.report.fonts import hangul_font
from regimen.report.html import render
from regimen.report.methods import SOURCES
from regimen.report.terminal import print_summary
from regimen.report.training_figures import training_curves
from regimen.report.trainings import print_trainings

from .conftest import CLASSES
from .test_html import Page

SAID = ("aria-label", "alt", "title", "data-done", "data-label", "placeholder")
ENGLISH = re.compile(r"[A-Za-z][a-z]+(?:[ ,;:]+[A-Za-z]?[a-z]+)+")
"""Two words of English or more."""


def squeezed(text):
    return " ".join(text.replace("\u00a0", " ").split())


def strings(data):
    """Every text in nested plain data."""
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from strings(item)
    elif isinstance(data, str):
        yield data


def own_words(summary, details):
    """What the study brought along: names, code, commands, and sentences that it stored as plain text."""
    known = [details.name, details.command, details.best_model, details.report_path, details.folder, *details.notes]
    for part in (details.dataset, details.setup, details.environment):
        known += [text for row in part for text in row]
    known += [line for lines in details.receipts.values() for line in lines]
    for code in details.code.values():
        known += [code.arm, code.python, *(line.code for line in code.keras)]
    for card in details.cards:
        known += [card.what, card.formula, card.helps, card.hurts, card.strengths, card.keras, *card.papers]
        known += [text for row in card.interactions for text in row]
    known += [run.error for arm in summary.arms for run in arm.runs if run.error]
    beside_axes = [f"{name[:17]}…" for name in CLASSES]
    return [*known, *(arm.name for arm in summary.arms), *CLASSES, *beside_axes, *SOURCES]


def left_in_english(texts, summary, details):
    """Runs of English words in texts that are not the study's own."""
    known = sorted({squeezed(text) for text in own_words(summary, details) if text}, key=len, reverse=True)
    found = set()
    for text in map(squeezed, texts):
        for own in known:
            text = text.replace(own, "\n")
        found.update(ENGLISH.findall(text))
    return found


def shown(source):
    """What a page shows and says aloud, text by text, with the words in its figures."""
    page = Page(source)
    spoken = [attributes[name] for _, attributes in page.elements for name in SAID if attributes.get(name)]
    data = json.loads(page.scripts[0])
    figures = [data["figures"], data["choices"]]
    plotted = []
    for chart in charts(figures):
        plotted += [chart.get("words", ""), *strings(chart["layout"])]
        plotted += [trace.get(key, "") for trace in chart["data"] for key in ("name", "hovertemplate", "text")]
    plotted = [unescape(re.sub(r"<[^>]*>|%\{[^}]*\}", "\n", text)) for text in plotted if isinstance(text, str)]
    return [*page.words, *spoken, *plotted]


def charts(data):
    if isinstance(data, dict) and {"data", "layout"} <= set(data):
        yield data
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from charts(item)


def printed(write, *found, lang="ko", width=80):
    file = io.StringIO()
    write(Console(file=file, width=width), *found, lang)
    return file.getvalue()


@pytest.mark.parametrize("part", ["every section", "one seed"])
def test_no_sentence_of_the_report_stays_english(content, one_seed, details, part):
    content = content if part == "every section" else Content(one_seed, details)
    assert left_in_english(shown(render(content, "ko")), content.summary, details) == set()


def test_english_would_be_seen(content, details):
    found = left_in_english(shown(render(content)), content.summary, details)
    assert {"Every arm against the", "overfits since", "Data, setup, environment"} <= found
    assert len(found) > 100


def test_the_page_says_its_language_and_keeps_the_arms_names(content):
    page = Page(render(content, "ko"))
    assert page.named("html") == [{"lang": "ko"}]
    assert squeezed(page.text).count("%p") > 20
    _, *rows = page.table(0)
    assert [row[0] for row in rows] == [arm.name for arm in content.summary.arms]
    assert {row[1] for row in rows} >= {"▲ 효과 있음", "? 판단 불가", "기준"}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_summary_fits_the_terminal_and_is_korean(summary, one_seed, details, width):
    for found in (summary, one_seed):
        text = printed(print_summary, found, details, width=width).replace(details.report_path, "")
        assert max(map(cell_len, text.splitlines())) <= width
        assert left_in_english([text], found, details) == set()
        assert "판단 불가" in squeezed(text)
        assert "모델이 과적합을 보입니다" in squeezed(text)


def test_80_columns_have_room_for_the_table(summary, details):
    table = printed(print_summary, summary, details).split("격차:")[0]
    assert re.search("├─*●─*┤", table)
    assert [line.split()[0] for line in table.splitlines() if "에포크" in line][:2] == ["baseline", "dropout"]


@pytest.fixture(scope="module")
def trainings():
    """One that overfits, one that stopped too early."""
    epochs = np.arange(1, 21)
    falling = 2.0 * 0.85**epochs
    late = {"loss": falling, "val_loss": falling + 0.02 * epochs**1.2, "accuracy": 1 - falling / 3}
    early = {"loss": 2.0 - 0.05 * epochs, "val_loss": 2.1 - 0.05 * epochs, "accuracy": 0.02 * epochs}
    return [
        diagnose_training({**curves, "val_accuracy": 0.8 * curves["accuracy"]}, name=name, validation_images=500)
        for name, curves in (("late", late), ("early", early))
    ]


def test_the_diagnosis_of_trainings_is_korean(trainings, summary, details):
    text = printed(lambda console, lang: print_trainings(console, trainings, None, lang))
    assert max(map(cell_len, text.splitlines())) <= 80
    assert "과적합" in text
    assert left_in_english([text], summary, details) == set()


@pytest.mark.parametrize("font", ["its own", None])
def test_a_figure_has_a_font_for_its_words(trainings, monkeypatch, font):
    if font is None:
        monkeypatch.setattr("regimen.report.fonts.hangul_font", lambda: None)
    elif hangul_font() is None:
        pytest.skip("needs a font with Hangul")
    figure = training_curves(trainings, "ko")
    label = figure.axes[0].yaxis.label
    assert label.get_text() == ("loss" if font is None else "손실")
    assert (hangul_font() in label.get_fontfamily()) == (font is not None)
