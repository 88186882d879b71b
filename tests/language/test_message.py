import copy
import json
import pickle

import pytest

from regimen.language import Message, decode, encode, join, listing, plural, say
from regimen.language.message import fields


def test_a_message_is_its_english_text():
    message = say("From epoch {epoch} on: {what}.", epoch=3, what="it overfits")
    assert message == "From epoch 3 on: it overfits."
    assert (message.text, message.values) == ("From epoch {epoch} on: {what}.", {"epoch": 3, "what": "it overfits"})


@pytest.mark.parametrize(("text", "values"), [("{a}", {}), ("{a}", {"a": 1, "b": 2}), ("none", {"a": 1})])
def test_fields_and_values_belong_together(text, values):
    with pytest.raises(ValueError, match="has the fields"):
        say(text, **values)


def test_plurals_separate_thousands():
    texts = "{number} image of {name}", "{number} images of {name}"
    assert [plural(n, *texts, name="x") for n in (0, 1, 2000)] == ["0 images of x", "1 image of x", "2,000 images of x"]


def test_joining_leaves_out_what_is_empty_and_keeps_braces():
    assert join(["a", "", "{b}"], " {} ") == "a {} {b}"
    assert join([]) == ""


@pytest.mark.parametrize(
    ("names", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_in_a_sentence(names, expected):
    assert listing(names) == expected


def test_messages_survive_json():
    nested = say("{name}: {rest}", name="l2", rest=plural(2, "{number} run", "{number} runs"))
    data = {"notes": [nested, "plain"], "number": 3}
    back = decode(json.loads(json.dumps(encode(data))))
    assert back == data
    assert isinstance(back["notes"][0], Message)
    assert isinstance(back["notes"][0].values["rest"], Message)
    assert back["notes"][0].values["rest"].number == 2
    assert not isinstance(back["notes"][1], Message)


def test_messages_are_copied_and_pickled():
    message = plural(2, "{number} run of {arm}", "{number} runs of {arm}", arm=say("{a}", a="l2"))
    for twin in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert (twin, twin.text, twin.number) == (message, message.text, 2)
        assert isinstance(twin.values["arm"], Message)


def test_fields_of_a_template():
    assert fields("{a} {{no}} {b:.1f}") == {"a", "b"}
