import contextlib
import io
import json
from dataclasses import fields

import keras
import numpy as np
import pytest
from keras import layers
from rich.console import Console

import regimen as rg
from regimen.errors import ModelError, OptionError, RemedyError
from regimen.explanation.subject import plan_of
from regimen.models.graph import Graph
from regimen.remedies import FAMILIES, REMEDIES, Remedy, parse_arms
from regimen.study.best import with_raw_input

from ..models.test_script import assert_builds  # noqa: TID252
from ..remedies.conftest import MODELS  # noqa: TID252

TEXTS = ["dropout=0.3,where=head", "l2=0.01 + flip", "batchnorm,momentum=0.9 + shift=0.2 + earlystop=3"]


def printed(explanation, **settings):
    text = io.StringIO()
    explanation.show(Console(file=text, width=100, **settings))
    return text.getvalue()


@pytest.mark.parametrize("word", REMEDIES)
def test_the_card_of_every_remedy_is_shown_whole(word):
    remedy = REMEDIES[word]
    explanation = rg.explain(word)
    (page,) = explanation.cards
    text = " ".join(str(explanation).split())
    for said in (page.what, page.helps, page.hurts, page.strengths, *page.papers, *(t for _, t in page.interactions)):
        assert " ".join(said.split()) in text
    for line in (*page.formula.splitlines(), *page.keras.splitlines(), page.python):
        assert " ".join(line.split()) in text
    assert [each.name for each in page.parameters] == [each.name for each in fields(remedy)]
    assert rg.explain(page.arm).cards == (page,)
    assert eval(page.python, {"rg": rg}) == remedy()
    assert page.word == word
    assert remedy in FAMILIES[page.family]
    assert explanation.code == page.keras


def test_a_parameter_has_its_type_and_its_default():
    (page,) = rg.explain(rg.Dropout).cards
    rate, where = page.parameters
    assert (rate.name, rate.kind, rate.default) == ("rate", "float", "0.2")
    assert (where.name, where.kind, where.default) == ("where", "str", "blocks")
    assert page.arm == "dropout=0.2,where=blocks"


def test_a_card_can_be_asked_for_in_several_ways():
    expected = rg.explain("dropout")
    assert rg.explain(rg.Dropout) == rg.explain(rg.Dropout(0.5)) == rg.explain("dropout=0.5 + dropout") == expected
    assert [card.word for card in rg.explain("dropout + l2").cards] == ["dropout", "l2"]


def test_colour_is_for_terminals():
    explanation = rg.explain("earlystop")
    assert "\x1b" not in printed(explanation)
    assert "\x1b[" in printed(explanation, force_terminal=True, color_system="standard")
    assert repr(explanation) == str(explanation)


def test_html_is_escaped():
    html = rg.explain("earlystop")._repr_html_()
    assert "<h3>earlystop" in html
    assert "min_delta" in html
    assert "L(t) &lt; b(t)" in html
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, name="a<b>")])
    html = rg.explain("l2,where=a?b?", model=model)._repr_html_()
    assert "a&lt;b&gt;: kernel_regularizer = L2(0.001)" in html
    assert "a<b>" not in html


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", MODELS)
def test_the_printed_code_builds_the_model_that_the_remedy_makes(name, text):
    """Every line, also of the training, is run."""
    model = MODELS[name]()
    explanation = rg.explain(text, model=model)
    ((_, remedy),) = parse_arms(text).items()
    changed, receipt = remedy.apply(plan_of(model, None, None, None))
    code = "\n".join(str(explanation).split("The changed model in plain Keras")[1].splitlines())
    space = {}
    exec(code, space)
    on_images = [layer for layer in space["model"].layers if layer.name.startswith("random_")]
    assert len(on_images) == len(changed.transforms)
    assert ("callbacks" in space) == (changed.stopping is not None)
    plain = "\n".join(line for line in code.splitlines() if "keras.layers.Random" not in line)
    assert_builds(plain, with_raw_input(changed.graph, changed.scaling))
    flat = [line for _, lines in explanation.change.receipts for line in lines]
    assert [line.split(": ", 1)[1] if len(remedy.parts) > 1 else line for line in receipt.changes] == flat
    for line in flat:
        assert " ".join(line.split()) in " ".join(str(explanation).split())


@pytest.mark.parametrize("word", REMEDIES)
def test_every_remedy_is_explained_on_some_model(word):
    explained = []
    for build in (MODELS["sequential"], MODELS["residual"]):
        with contextlib.suppress(RemedyError):  # some need a Flatten, others an addition
            explained.append(rg.explain(word, model=build()))
    assert explained
    for explanation in explained:
        exec(explanation.code, space := {})
        assert isinstance(space["model"], keras.Model)
        assert explanation.to_json()["code"] == explanation.code


def test_lines_that_need_data_are_comments():
    explanation = rg.explain("cosine + labelsmoothing=0.1", model="digits_cnn")
    exec(explanation.code, space := {})
    schedule = space["optimizer"]._learning_rate
    assert schedule.decay_steps == 30 * space["steps_per_epoch"]
    assert space["loss"].label_smoothing == 0.1


@pytest.mark.parametrize(
    ("model", "settings", "shape", "classes"),
    [
        ("cifar_cnn", {}, (32, 32, 3), 10),
        ("digits_cnn", {}, (8, 8, 1), 10),
        ("digits_cnn", {"image_size": 12, "channels": 3, "classes": 4}, (12, 12, 3), 4),
        ("small_cnn", {}, (64, 64, 3), 10),
        ("small_cnn", {"image_size": (16, 12)}, (16, 12, 3), 10),
        (MODELS["nested"], {}, (12, 12, 3), 2),
        (
            lambda classes: keras.Sequential([layers.Flatten(), layers.Dense(4), layers.Dense(classes)]),
            {},
            (64, 64, 3),
            10,
        ),
        (lambda input_shape: MODELS["functional"](), {}, (12, 12, 3), 3),
    ],
)
def test_what_the_model_leaves_open_has_defaults(model, settings, shape, classes):
    change = rg.explain("l2", model=model, **settings).change
    height, width, channels = shape
    assert change.subject == f"in a model for images of {height}×{width}×{channels} and {classes} classes"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("dropuot",), RemedyError, "no remedy 'dropuot'. Did you mean 'dropout'"),
        (("dropout=0.1|0.2",), RemedyError, "'dropout=0.1|0.2' makes 2 arms"),
        ((3,), RemedyError, "takes a remedy or its word, such as \"dropout\"; received 3"),
        ((Remedy,), RemedyError, "takes a remedy or its word"),
        (("shift + dropout", lambda: keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2)])),
         RemedyError, "dropout: "),
        (("dropout", "digits_cn"), ModelError, "no model 'digits_cn'.*Did you mean 'digits_cnn'"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained(arguments, error, message):
    with pytest.raises(error, match=message):
        rg.explain(*arguments)


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (None, {"classes": 3, "image_size": 8}, "The image size and classes describe a model, and there is none"),
        (MODELS["nested"], {"image_size": 8}, "takes images with a height of 12; received 8"),
        (MODELS["nested"], {"channels": 1}, "number of channels of 3; received 1"),
        ("digits_cnn", {"channels": 2}, r"channels must be 1 \(grey\) or 3 \(RGB\); received 2"),
        ("digits_cnn", {"image_size": 0}, "image size must be from 1 to 4,096; received 0"),
        ("digits_cnn", {"classes": 1}, "classes must be from 2 to 100,000; received 1"),
    ],
)
def test_settings_that_do_not_fit(model, settings, message):
    with pytest.raises(OptionError, match=message):
        rg.explain("l2", model=model, **settings)


def test_classes_that_the_model_does_not_have():
    with pytest.raises(ModelError, match="expected 5 units"):
        rg.explain("l2", model=MODELS["sequential"](), classes=5)


def test_a_remedy_of_the_users_own_has_no_card():
    class Own(rg.L2):
        word = "own"

    with pytest.raises(RemedyError, match="Own is not one of regimen's remedies"):
        rg.explain(Own())


def test_frozen_layers_stay_frozen():
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="base")], name="frozen")
    base.trainable = False
    body = [base, layers.MaxPooling2D(name="pool"), layers.Flatten(), layers.Dense(4, name="hidden"), layers.Dense(2)]
    model = keras.Sequential([keras.Input((8, 8, 1)), *body])
    explanation = rg.explain("l2", model=model)
    assert explanation.change.receipts == (("l2=0.001", ("hidden: kernel_regularizer = L2(0.001)",)),)
    assert "# its frozen layers have new weights here" in explanation.code
    assert "frozen" not in rg.explain("l2", model="digits_cnn").code
    exec(explanation.code, space := {})
    assert not space["model"].get_layer("base").trainable
    assert space["model"].get_layer("hidden").trainable


def test_json():
    (card,) = json.loads(json.dumps(rg.explain("earlystop").to_json()))["cards"]
    assert card["word"] == "earlystop"
    assert card["parameters"][0] == {
        "name": "patience",
        "kind": "int",
        "default": "5",
        "meaning": "epochs without improvement, at least 1.",
    }
    document = json.loads(json.dumps(rg.explain("l2,where=dense", model="digits_cnn").to_json()))
    assert document["receipts"] == [
        {"remedy": "l2=0.001,where=dense", "changes": ["hidden: kernel_regularizer = L2(0.001)"]}
    ]
    model = Graph.from_keras(MODELS["sequential"]()).to_keras()
    assert document["python"] == 'rg.L2(0.001, where="dense")'
    exec(document["code"], space := {})
    images = np.zeros((2, *model.input_shape[1:]), np.float32)
    assert space["model"](images).shape == (2, 10)
