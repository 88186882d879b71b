import io
from dataclasses import replace

import pytest
from rich.console import Console

from regimen.report.cards import card_html, print_card, print_list


@pytest.fixture
def card(details):
    (card,) = details.cards
    return card


def printed(card, width=80, **settings):
    text = io.TextIOWrapper(io.BytesIO(), encoding=settings.pop("encoding", "utf-8"), write_through=True)
    print_card(Console(file=text, width=width, **settings), card)
    return text.buffer.getvalue().decode()


def test_a_card_in_a_terminal(card):
    assert printed(card).splitlines()[1:] == [
        "dropout · rg.Dropout",
        "Layers of the network",
        "",
        "  Sets units to zero. It does so <b>at random</b>.",
        "",
        "What it computes",
        "  y = m · x / (1 − p)",
        "  m ~ Bernoulli(1 − p)",
        "",
        "Parameters",
        "  rate  number, default 0.2",
        "        probability, 0 ≤ rate < 1.",
        "",
        "When it helps",
        "  Wide layers.",
        "",
        "When it hurts",
        "  Narrow layers.",
        "",
        "Usual strengths",
        "  From 0.1 to 0.5.",
        "",
        "With other remedies",
        "  l2  Both at once need less of each.",
        "",
        "In plain Keras",
        "  x = keras.layers.Dropout(0.2)(x)",
        "",
        "How to try it",
        '  regimen study DATA --arm "dropout=0.2"',
        "  regimen explain dropout --model MODEL",
        "  rg.Dropout(0.2)",
        "",
        "Sources",
        "  Srivastava et al. (2014), Dropout, JMLR 15.",
    ]


def test_names_stand_above_sentences_where_there_is_no_room(card):
    lines = printed(replace(card, interactions=(("labelsmoothing", "Both are fine."),)), width=30).splitlines()
    place = lines.index("  labelsmoothing")
    assert lines[place + 1] == "    Both are fine."


def test_a_console_without_unicode(card):
    assert "y = m * x / (1 - p)" in printed(card, encoding="ascii")


def test_colour_on_a_terminal_only(card):
    assert "\x1b[" in printed(card, force_terminal=True, color_system="standard")
    assert "\x1b[" not in printed(card)


def test_a_remedy_without_parameters_and_interactions(card):
    text = printed(replace(card, parameters=(), interactions=()))
    assert "Parameters" not in text
    assert "With other remedies" not in text
    assert "Parameters" not in card_html(replace(card, parameters=()))


def test_html_shows_text_and_never_interprets_it(card):
    html = card_html(card)
    assert "&lt;b&gt;at random&lt;/b&gt;" in html
    assert "(number, default 0.2): probability, 0 ≤ rate &lt; 1." in html
    assert "Layers of the network" in html


def test_the_list_names_each_remedy_with_its_first_sentence(card):
    text = io.StringIO()
    families = [("layers", [("dropout", card.what), ("l2", "Small. Weights.")]), ("images", [("cutout", "A hole. Y.")])]
    print_list(Console(file=text, width=80), families)
    assert text.getvalue().splitlines()[1:7] == [
        "Layers of the network",
        "  dropout  Sets units to zero.",
        "  l2       Small.",
        "",
        "Training images",
        "  cutout   A hole.",
    ]
    assert "regimen explain dropout" in text.getvalue()
