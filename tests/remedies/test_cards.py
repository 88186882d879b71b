"""What every card says, and that its code runs."""

import inspect
import re

import keras
import numpy as np
import pytest

from regimen.language import Message
from regimen.remedies import REMEDIES

every_remedy = pytest.mark.parametrize("word", REMEDIES)


@every_remedy
def test_every_section_is_there_and_can_be_translated(word):
    card = REMEDIES[word].card
    for name in ("what", "helps", "hurts", "strengths"):
        assert isinstance(getattr(card, name), Message), name
        assert getattr(card, name).endswith("."), name
        assert len(getattr(card, name)) > 30, name
    assert len(re.findall(r"[.!?](?= [A-Z0-9]|$)", card.what)) == 2
    assert card.formula
    assert max(map(len, card.formula.splitlines())) <= 80


@every_remedy
def test_interactions_are_with_other_remedies(word):
    card = REMEDIES[word].card
    assert card.interactions
    assert set(card.interactions) <= set(REMEDIES) - {word}
    assert all(isinstance(sentence, Message) and sentence.endswith(".") for sentence in card.interactions.values())


@every_remedy
def test_papers_are_cited_and_the_docstring_names_the_first(word):
    card, text = REMEDIES[word].card, " ".join(inspect.getdoc(REMEDIES[word]).split())
    for paper in card.papers:
        assert re.fullmatch(r".+ \((19|20)\d\d\), .+\.", paper), paper
    authors, year = re.match(r"(.+?) \((\d{4})\)", card.papers[0]).groups()
    source = text.split("Source: ")[1]
    assert re.split(r",| &| et al", authors)[0] in source
    assert f"({year})" in source


@every_remedy
def test_the_keras_code_runs_as_printed(word):
    code = REMEDIES[word].card.keras
    assert code == code.strip()
    assert max(map(len, code.splitlines())) <= 110
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(4)], name="small")
    names = {
        "keras": keras,
        "x": keras.Input((8, 8, 16)),
        "model": model,
        "images": np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8),
        "labels": np.arange(6) % 4,
    }
    before = dict(names)
    exec(code, names)
    assert (
        any(names[name] is not before[name] for name in before)
        or set(names) - set(before) - {"__builtins__"}
        or (model.compiled)
    )
