import json
import re
from dataclasses import replace

import keras
import pytest
from keras import layers

import regimen as rg
from regimen.language import Message
from regimen.models.building import make_layer
from regimen.models.graph import Graph
from regimen.models.networks import build_network
from regimen.plan import BASELINE, Arm, Optimizer, Plan, Scaling
from regimen.remedies import parse_arms
from regimen.store import StudyStore
from regimen.study.code import arm_text, code_of_arms, keras_lines


def branched():
    given = keras.Input((12, 12, 3))
    x = layers.MaxPooling2D(3, name="pool")(layers.Conv2D(4, 3, activation="relu", name="c1")(given))
    x = layers.Add(name="sum")([x, layers.Conv2D(4, 3, padding="same", name="c2")(x)])
    shared = layers.Dense(4, name="shared")
    x = shared(shared(layers.GlobalAveragePooling2D(name="gap")(x)))
    return keras.Model(given, layers.Dense(3, name="output")(x))


MODELS = {
    "sequential": lambda: build_network("digits_cnn", (8, 8, 1), 3),
    "residual": lambda: build_network("residual_cnn", (8, 8, 1), 3),
    "branched": branched,
    "mobilenet": lambda: keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=3),
}
TEXTS = [
    ("sequential", "dropout=0.3"),
    ("sequential", "dropout=0.3,where=head + l2=0.01"),
    ("sequential", "batchnorm,momentum=0.9 + dropout=0.1,where=*activation"),
    ("sequential", "groupnorm,groups=4 + maxnorm=2"),
    ("sequential", "narrower=0.5 + l1=0.01 + l2=0.1,where=hidden"),
    ("sequential", "gaussiannoise=0.2 + spatialdropout=0.1"),
    ("sequential", "globalpool + dropout=0.1,where=head"),
    ("residual", "stochasticdepth=0.3 + narrower"),
    ("branched", "dropout=0.3"),
    ("branched", "l2=0.01"),
    ("branched", "batchnorm,where=c*"),
    ("mobilenet", "dropout=0.3 + l2=0.01"),
]


@pytest.fixture(scope="module")
def plans():
    scaling = Scaling("standard", (127.0,), (64.0,))
    return {name: Plan(Graph.from_keras(build()), scaling=scaling) for name, build in MODELS.items()}


def arm_of(plan, text):
    ((name, remedy),) = parse_arms(text).items()
    receipts = []
    changed = plan
    for part in remedy.parts:
        changed, receipt = part.apply(changed)
        receipts.append(receipt)
    return Arm(name, changed, tuple(receipts))


def lines_of(plan, text):
    return keras_lines(plan, arm_of(plan, text).plan)


def layer_of(line):
    """The layer that a line makes."""
    made = re.fullmatch(r"\w+ = (keras\..*\))\(x\)", line.code) or re.fullmatch(r"\w+ = (keras\..*\))", line.code)
    return eval(made[1], {"keras": keras})


def config(layer):
    return json.loads(json.dumps(layer.get_config()))


@pytest.mark.parametrize(("model", "text"), TEXTS)
def test_the_lines_make_each_layer_that_differs_as_it_is_in_the_arm(model, text, plans):
    plan = plans[model]
    graph = arm_of(plan, text).plan.graph
    before = {layer.key: layer for layer in plan.graph.layers}
    differing = {layer.name: layer for layer in graph.layers if layer != before.get(layer.key)}
    made = [layer_of(line) for line in lines_of(plan, text) if line.code]
    order = dict.fromkeys(graph.layer(call.layer).name for call in graph.calls)
    assert [layer.name for layer in made] == [name for name in order if name in differing]
    for layer in made:
        assert type(layer) is type(make_layer(differing[layer.name]))
        assert config(layer) == config(make_layer(differing[layer.name]))


@pytest.mark.parametrize("text", [text for model, text in TEXTS if model == "sequential"])
def test_a_model_changed_by_hand_with_the_lines_is_the_arms_model(text, plans):
    plan = plans["sequential"]
    by_hand = [make_layer(spec) for spec in plan.graph.layers[1:]]
    left_out = []
    for line in lines_of(plan, text):
        if not line.code:
            left_out.append(line.note.removesuffix(": left out"))
            continue
        layer, names = layer_of(line), [layer.name for layer in by_hand]
        if line.note.startswith("changed: "):
            by_hand[names.index(layer.name)] = layer
        elif line.note == "new, right after the input":
            by_hand.insert(0, layer)
        else:
            by_hand.insert(names.index(line.note.removeprefix("new, after ")) + 1, layer)
    by_hand = [layer for layer in by_hand if layer.name not in left_out]
    expected = arm_of(plan, text).plan.graph.to_keras()
    assert [config(layer) for layer in by_hand] == [config(layer) for layer in expected.layers[1:]]


def test_notes_say_where_a_layer_goes_and_what_changed(plans):
    plan = plans["branched"]
    graph = plan.graph.insert_before("c2", "keras.layers.Dropout", "dropout", {"rate": 0.1})
    image = graph.layer(graph.calls[0].layer)
    graph = graph.insert_after(image.key, "keras.layers.GaussianNoise", "noise", {"stddev": 0.1})
    lines = keras_lines(plan, plan.with_graph(graph))
    assert [str(line) for line in lines] == [
        f'x = keras.layers.GaussianNoise(0.1, name="{image.name}_noise")(x)  # new, right after the input',
        'x = keras.layers.Dropout(0.1, name="c2_dropout")(x)  # new, between pool and c2',
    ]
    (line,) = keras_lines(plan, plan.with_graph(plan.graph.without("pool")))
    assert str(line) == "# pool: left out"
    lines = lines_of(plan, "l2=0.01,where=shared")
    assert [str(line) for line in lines] == [
        'shared = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.01), name="shared")'
        "  # changed: kernel_regularizer"
    ]
    assert all(isinstance(line.note, Message) for line in lines)


def test_a_layer_on_a_branch_goes_between_what_it_parts():
    given = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(given)
    branch = layers.Conv2D(4, 3, padding="same", name="branch")(stem)
    joined = layers.Concatenate(name="joined")([layers.Add(name="sum")([branch, stem]), branch])
    plan = Plan(Graph.from_keras(keras.Model(given, layers.Dense(2)(layers.Flatten()(joined)))))
    (line,) = lines_of(plan, "stochasticdepth=0.25")
    assert str(line) == (
        'x = keras.layers.Dropout(0.25, noise_shape=(None, 1, 1, 1), name="sum_stochasticdepth")(x)'
        "  # new, between branch and sum"
    )


def test_whatever_else_differs_is_said_too(plans):
    plan = plans["sequential"]
    other = replace(plan, batch_size=8, optimizer=Optimizer("sgd"), transforms=(rg.Flip().apply(plan)[0].transforms))
    unknown = replace(other.transforms[0], kind="warp")
    lines = keras_lines(plan, replace(other, transforms=(unknown,)))
    assert str(lines[0]) == (
        "# training images: warp (probability=0.5, direction=horizontal), for which Keras has no layer"
    )
    assert [line.code or line.note.split(":")[0] for line in lines[1:]] == [
        "optimizer = keras.optimizers.SGD(0.001)",
        "batch_size",
    ]
    assert str(lines[2]) == "# batch_size: 8 instead of 32"
    assert keras_lines(plan, plan) == ()


@pytest.mark.parametrize(
    ("name", "remedy", "text"),
    [
        ("dropout=0.3", rg.Dropout(0.3), "dropout=0.3"),
        ("dropout=0.30,where=head", rg.Dropout(0.3, "head"), "dropout=0.30,where=head"),
        ("flip", rg.Flip(), "flip: flip=0.5"),
        ("strong one", rg.Dropout(0.5) + rg.Flip(), "strong one: dropout=0.5 + flip=0.5"),
        ("batchnorm", rg.BatchNorm(), "batchnorm"),
        ("a: b = c", rg.BatchNorm(0.9), "batchnorm,momentum=0.9"),  # no such name can be written
    ],
)
def test_what_to_write_after_arm_makes_the_same_arm(name, remedy, text):
    assert arm_text(name, remedy) == text
    ((found, again),) = parse_arms(text).items()
    assert again == remedy
    assert found == name or ":" in name


def test_the_python_expression_makes_the_same_remedy(plans):
    arms = [Arm(BASELINE, plans["sequential"])]
    texts = [
        "dropout=0.25,where=*_pool + flip=1,direction=vertical",
        "l2=1e-05",
        "batchnorm,momentum=0.9,epsilon=0.01",
        "earlystop=2,restore_best=false",
        "shift=0.25,fill=black",
        "dropout=0",
    ]
    arms += [arm_of(plans["sequential"], text) for text in texts]
    code = code_of_arms(arms)
    assert list(code) == texts
    for text, one in code.items():
        assert eval(one.python, {"rg": rg}) == parse_arms(text)[text]
    assert code[texts[0]].python == 'rg.Dropout(0.25, where="*_pool") + rg.Flip(1, direction="vertical")'
    assert code[texts[3]].python == "rg.EarlyStopping(2, restore_best=False)"
    assert code["dropout=0"].keras == ()


def test_a_result_holds_the_code_of_its_arms(make_study, executor):
    first = make_study(arms=["dropout=0.3,where=head", "both: l2 + flip"], epochs=1, seeds=1).run(executor=executor)
    code = rg.load_result(first.folder).details.code
    assert list(code) == ["dropout=0.3,where=head", "both"]
    assert code["both"].arm == "both: l2=0.001 + flip=0.5"
    line = code["dropout=0.3,where=head"].keras[0]
    assert line.code.startswith("x = keras.layers.Dropout(0.3, name=")
    assert line.note.text == "new, after {layer}"
    with StudyStore.open(first.folder) as store:
        spec = {key: value for key, value in store.spec().items() if key != "code"}
        store.write_spec(spec, store.arms(), store.judged_at())
    assert rg.load_result(first.folder).details.code == {}  # written before there was any
