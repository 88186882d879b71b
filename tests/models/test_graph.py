"""Keras model → graph → JSON → graph → Keras model: the same outputs under the same layer names; and edits."""

import json
import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, ops

from regimen.errors import ModelError, RemedyError
from regimen.models.graph import Graph
from regimen.models.networks import NETWORKS, build_network
from regimen.models.nodes import Call, Ref
from regimen.models.reading import weights_of
from regimen.plan import digest

SIDE = 8


def image(side=SIDE):
    return keras.Input((side, side, 3))


def conv(**settings):
    return layers.Conv2D(3, 3, padding="same", **settings)


def ended(given, tensor):
    """A classifier of four classes on what was computed."""
    return keras.Model(given, layers.Dense(4, activation="softmax")(layers.Flatten()(tensor)))


def randomized(model):
    """Weights that no initializer would give, so that forgetting one shows."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.01, 0.2, weight.shape).astype("float32") for weight in model.get_weights()])
    return model


def leaves(model):
    """Names of all layers, those of nested models instead of the models."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        elif not isinstance(layer, layers.InputLayer):
            yield layer.name


def outputs(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def assert_round_trip(model):
    randomized(model)
    graph = Graph.from_keras(model)
    graph.check()
    back = Graph.from_json(json.loads(json.dumps(graph.to_json())))
    assert back == graph
    rebuilt = back.to_keras(weights_of(model))
    assert rebuilt.count_params() == model.count_params()
    assert set(leaves(rebuilt)) == set(leaves(model))
    images = np.random.default_rng(0).random((3, *model.input_shape[1:]), dtype="float32")
    np.testing.assert_allclose(outputs(rebuilt, images), outputs(model, images), atol=1e-6)
    return graph


@pytest.mark.parametrize("name", NETWORKS)
def test_built_in_networks(name):
    graph = assert_round_trip(build_network(name, (12, 12, 3), 5))
    assert (graph.input_shape, graph.output_shape) == ((12, 12, 3), (5,))


def test_sequential_built_without_an_input():
    model = keras.Sequential([conv(), layers.Flatten(), layers.Dense(4)])
    model.build((None, SIDE, SIDE, 3))
    assert_round_trip(model)


def test_nested_sequential_in_functional():
    given = image()
    block = keras.Sequential([conv(name="c"), layers.ReLU(name="r")], name="block")
    graph = assert_round_trip(ended(given, block(given)))
    assert [layer.key for layer in graph.layers][1:3] == ["block/c", "block/r"]
    assert [layer.name for layer in graph.layers][1:3] == ["c", "r"]


def test_nested_functional_in_sequential():
    given = image()
    block = keras.Model(given, layers.Add()([conv()(given), given]))
    assert_round_trip(keras.Sequential([image(), block, layers.Flatten(), layers.Dense(4)]))


def test_models_nested_twice_deep_and_called_twice():
    inner = keras.Sequential([conv()])
    given = image()
    middle = keras.Model(given, inner(layers.ReLU()(inner(given))))
    given = image()
    graph = assert_round_trip(ended(given, middle(middle(given))))
    (kernel,) = [layer for layer in graph.layers if layer.class_name == "Conv2D"]
    assert len(graph.calls_of(kernel.key)) == 4


def test_layer_called_twice():
    given, shared = image(), conv(name="shared")
    graph = assert_round_trip(ended(given, shared(layers.ReLU()(shared(given)))))
    assert [call.id for call in graph.calls_of("shared")] == ["shared", "shared:1"]


def test_layer_that_stands_twice_in_a_sequential_model():
    shared = conv(name="shared")
    graph = assert_round_trip(keras.Sequential([image(), shared, shared, layers.Flatten(), layers.Dense(4)]))
    assert [call.layer for call in graph.calls] == ["input_layer", "shared", "shared", "flatten", "dense"]


def test_layer_shared_between_a_model_and_one_nested_in_it_keeps_one_set_of_weights():
    given, shared = image(), conv(name="shared")
    block = keras.Sequential([shared, layers.ReLU()])
    graph = assert_round_trip(ended(given, block(shared(given))))
    assert len(graph.calls_of("shared")) == 2


def test_two_layers_of_one_name_in_different_nested_models_stay_two():
    given = image()
    parts = [keras.Sequential([conv(name="c")], name=name) for name in ("a", "b")]
    model = randomized(ended(given, parts[1](parts[0](given))))
    rebuilt = Graph.from_keras(model).to_keras(weights_of(model))
    assert [layer.name for layer in rebuilt.layers[1:3]] == ["c", "b_c"]
    images = np.ones((1, SIDE, SIDE, 3), "float32")
    np.testing.assert_allclose(outputs(rebuilt, images), outputs(model, images), atol=1e-6)


def test_explicit_name_that_an_automatic_one_would_take():
    given = image()
    hidden = layers.Dense(5)(layers.Activation("relu", name="dense")(layers.Flatten()(given)))
    assert_round_trip(keras.Model(given, layers.Dense(4)(hidden)))


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [(None, None, None), (False, None, False), (False, True, True), (None, False, None)],
)
def test_fixed_training_reaches_nested_layers_unless_they_have_their_own(outer, inner, expected):
    """``training=False`` of a Dropout is its default, which Keras records in any case, and does not keep to."""
    given = image()
    block = keras.Model(given, layers.Dropout(0.5)(given, training=inner), name="block")
    given = image()
    model = ended(given, block(given, training=outer))
    (call,) = Graph.from_keras(model).calls_of("block/dropout")
    assert call.training is expected


def operators(x):
    return (x * 2 + 1) / np.array([1, 2, 4], "float32")


def slices(x):
    return ops.concatenate((x[:, ::2], x[:, 1::2, ..., :]), axis=-1)


def functions(x):
    return ops.reshape(ops.relu(ops.cast(x, "float32") - 0.5), (-1, SIDE * SIDE, 3))


def merges(x):
    return layers.Concatenate()([layers.Add()([x, conv()(x)]), ops.stack([x, x], axis=-1)[..., 0]])


def split(x):
    first, _, last = ops.split(x, 3, axis=-1)
    return first - 2 * last


def attention(x):
    rows = layers.Reshape((SIDE * SIDE, 3))(x)
    return layers.MultiHeadAttention(2, 4)(rows, rows)


class Both(layers.Layer):
    def call(self, x):
        return x, 3 * x


def two_outputs(x):
    return Both()(x)[1]


class Scaled(layers.Layer):
    def __init__(self, by, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        return x * self.weight * self.by[0]

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {**super().get_config(), "by": self.by}


@keras.saving.register_keras_serializable(package="tests")
class Registered(Scaled):
    pass


def wave(x):
    return ops.sin(x)


@keras.saving.register_keras_serializable(package="tests")
def registered_wave(x):
    return ops.cos(x)


def local_activation(x):
    def hidden_wave(x):
        return ops.sin(2 * x)

    return conv(activation=hidden_wave)(x)


def same_name_twice(x):
    def wave(x):
        return ops.cos(x)

    return conv(activation=wave)(conv(activation=globals()["wave"])(x))


def one_factory_twice(x):
    def make(factor):
        def wave(x):
            return factor * ops.sin(x)

        return wave

    return conv(activation=make(2))(conv(activation=make(3))(x))


class OwnPenalty(keras.regularizers.Regularizer):
    def __call__(self, weights):
        return ops.sum(weights)

    def get_config(self):
        return {}


@pytest.mark.parametrize(
    "compute",
    [
        *(
            operators,
            slices,
            functions,
            merges,
            split,
            attention,
            two_outputs,
            local_activation,
            same_name_twice,
            one_factory_twice,
        ),
        pytest.param(lambda x: Scaled((2, 3))(x), id="custom layer"),
        pytest.param(lambda x: Registered((2, 3))(x), id="registered layer"),
        pytest.param(lambda x: layers.TimeDistributed(Scaled((2, 3)))(x), id="custom layer in a wrapper"),
        pytest.param(lambda x: conv(activation=wave)(x), id="custom activation"),
        pytest.param(lambda x: layers.Activation(registered_wave)(x), id="registered activation"),
        pytest.param(
            lambda x: layers.TimeDistributed(layers.Dense(2, activation=wave))(x), id="activation in a wrapper"
        ),
        pytest.param(lambda x: layers.Lambda(wave)(x), id="Lambda of a named function"),
        pytest.param(lambda x: conv(kernel_regularizer=OwnPenalty(), kernel_constraint="non_neg")(x), id="penalty"),
        pytest.param(lambda x: conv(bias_initializer=keras.initializers.Constant(0.5))(x), id="constant initializer"),
        pytest.param(lambda x: layers.RandomFlip()(layers.Rescaling(1 / 255)(x)), id="preprocessing"),
        pytest.param(lambda x: layers.Normalization(mean=[1, 2, 3], variance=[1, 2, 3])(x), id="normalization"),
        pytest.param(lambda x: layers.PReLU()(layers.SeparableConv2D(4, 3)(x)), id="separable"),
    ],
)
def test_layers_and_operations(compute):
    given = image()
    assert_round_trip(ended(given, compute(given)))


def test_application():
    assert_round_trip(keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=3))


def test_application_frozen_under_a_new_head():
    base = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False)
    base.trainable = False
    given = image(32)
    features = layers.GlobalAveragePooling2D()(base(given, training=False))
    graph = assert_round_trip(keras.Model(given, layers.Dense(3)(features)))
    inside = [call for call in graph.calls if "/" in call.layer]
    assert len(inside) > 100
    assert {call.training for call in inside} == {False}
    assert {graph.layer(call.layer).config.get("trainable", False) for call in inside} == {False}


def test_weights_drawn_by_key_do_not_depend_on_what_else_is_in_the_model():
    def kernel(*more, seed=3):
        model = keras.Sequential([image(), *more, conv(name="c"), layers.Flatten(), layers.Dense(4)])
        return Graph.from_keras(model).to_keras(seed=seed).get_layer("c").get_weights()[0]

    np.testing.assert_array_equal(kernel(), kernel(conv(name="first")))
    assert not np.array_equal(kernel(), kernel(seed=4))


# What cannot be represented


class OwnStep(keras.Model):
    def train_step(self, data):
        return {}


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)

    def call(self, x):
        return self.dense(layers.Flatten()(x))


class Named(layers.Layer):
    def call(self, x):
        return {"b": x, "a": 2 * x}


class Opaque(layers.Layer):
    def call(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "what": {1j}}


class Forgetful(Scaled):
    def get_config(self):
        return {"name": self.name}


def subclassed():
    model = Subclassed()
    model(np.zeros((1, SIDE, SIDE, 3)))
    return model


def nested_own_step():
    given = image()
    nested = OwnStep(given, conv()(given))
    return keras.Sequential([image(), nested, layers.Flatten(), layers.Dense(4)])


def several(inputs, outputs):
    given = [image() for _ in range(inputs)]
    tensor = layers.Flatten()(layers.Add()([*given, given[0]]))
    return keras.Model(given, [layers.Dense(4)(tensor) for _ in range(outputs)])


def one(compute):
    given = image()
    return ended(given, compute(given))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: OwnStep(g := image(), conv()(g)), "'OwnStep' has its own train_step"),
        (nested_own_step, "'OwnStep' has its own train_step"),
        (subclassed, "'Subclassed' is a subclass with code of its own"),
        (lambda: keras.Sequential([layers.Dense(4)], name="bare"), "'bare' is not built: start it with keras.Input"),
        (lambda: several(2, 1), "2 inputs and 1 outputs; expected one of each"),
        (lambda: several(1, 2), "1 inputs and 2 outputs; expected one of each"),
        (lambda: one(lambda x: layers.Masking()(x)), "Masking: masks are not passed on"),
        (lambda: keras.Sequential([keras.Input((5,)), layers.Embedding(9, 2)]), "Embedding: its input is not an image"),
        (lambda: keras.Sequential([keras.Input((5,)), layers.Dense(2)]), r"shape \(5,\); expected images"),
        (lambda: object(), "Expected a Keras model, received builtins.object"),
        (lambda: layers.Dense(4), "Expected a Keras model, received keras.*Dense"),
        (
            lambda: one(lambda x: layers.Lambda(lambda t: 2 * t, name="twice")(x)),
            "'twice' uses a lambda.*named function",
        ),
        (lambda: one(lambda x: conv(activation=lambda t: t, name="c")(x)), "'c' uses a lambda"),
        (lambda: one(Opaque(name="dark")), "cannot be read: Cannot serialize object"),
    ],
)
@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_refused_when_read(build, message):
    model = build()
    with pytest.raises(ModelError, match=message):
        Graph.from_keras(model)


def test_layer_returning_a_dictionary_is_refused():
    graph = Graph.from_keras(one(lambda x: Named(name="names")(x)["a"]))
    with pytest.raises(ModelError, match="'names' returns a dictionary; let it return one tensor or a tuple"):
        graph.to_keras()


def test_layer_whose_configuration_lacks_an_argument_is_refused():
    graph = Graph.from_keras(one(Forgetful((2, 3), name="f")))
    with pytest.raises(ModelError, match="'f' of class Forgetful cannot be made from its own configuration"):
        graph.to_keras()


# Identity


def small(name=None, filters=4, first="relu"):
    return keras.Sequential(
        [image(), layers.Conv2D(filters, 3, activation=first, name=name), layers.Flatten(), layers.Dense(4)]
    )


def identity(model):
    return digest(Graph.from_keras(model).canonical())


def test_automatic_names_do_not_matter():
    assert small().layers[0].name != small().layers[0].name
    assert identity(small()) == identity(small())


def test_automatic_names_of_nested_models_and_operations_do_not_matter():
    def model():
        given = image()
        return ended(given, keras.Sequential([conv(), conv()])(given * 2) + 1)

    assert identity(model()) == identity(model())


@pytest.mark.parametrize("changes", [{"name": "explicit"}, {"filters": 5}, {"first": "tanh"}])
def test_explicit_names_and_settings_matter(changes):
    assert identity(small(**changes)) != identity(small())


def test_names_as_shown_do_not_matter_but_keys_do():
    graph = Graph.from_keras(small(name="c"))
    assert all("name" not in layer for layer in graph.canonical()["layers"])
    assert [layer["key"] for layer in graph.canonical()["layers"]] == ["input_layer", "c", "flatten", "dense"]


def test_seeds_of_layers_do_not_matter():
    def model(seed):
        initial = keras.initializers.HeNormal(seed=seed)
        given = image()
        return ended(given, layers.Dropout(0.5, seed=seed)(conv(kernel_initializer=initial)(given)))

    assert identity(model(1)) == identity(model(2))


# Edits


@pytest.fixture
def graph():
    given = image()
    x = conv(name="a", activation="relu")(given)
    y = conv(name="shared")(conv(name="shared_first")(x))
    return Graph.from_keras(ended(given, layers.Add(name="add")([x, y])))


@pytest.fixture
def with_shared():
    given, shared = image(), conv(name="shared", activation="relu")
    return Graph.from_keras(ended(given, shared(shared(given))))


DROPOUT = ("keras.layers.Dropout", "dropout", {"rate": 0.5})


def inputs_of(graph, key):
    (call,) = graph.calls_of(key)
    return [ref.call for ref in call.refs()]


def test_inserting_after_moves_every_consumer(graph):
    edited = graph.insert_after("a", *DROPOUT)
    edited.check()
    assert inputs_of(edited, "a_dropout") == ["a"]
    assert inputs_of(edited, "shared_first") == ["a_dropout"]
    assert inputs_of(edited, "add") == ["a_dropout", "shared"]
    assert [layer for layer in edited.layers if layer.key != "a_dropout"] == list(graph.layers)
    assert isinstance(edited.to_keras().get_layer("a_dropout"), layers.Dropout)


def test_inserting_before_moves_one_consumer(graph):
    edited = graph.insert_before("shared_first", *DROPOUT)
    edited.check()
    assert inputs_of(edited, "shared_first") == ["shared_first_dropout"]
    assert inputs_of(edited, "add") == ["a", "shared"]


def test_inserting_between_a_tensor_and_one_of_its_consumers_leaves_the_others(graph):
    edited = graph.insert_between(Ref("a"), "add", *DROPOUT)
    edited.check()
    assert inputs_of(edited, "add") == ["add_dropout", "shared"]
    assert inputs_of(edited, "add_dropout") == ["a"]
    assert inputs_of(edited, "shared_first") == ["a"]
    assert edited.without("add_dropout") == graph


def test_inserting_after_the_output_makes_a_new_output(graph):
    edited = graph.insert_after("dense", "keras.layers.Softmax", "softmax", {})
    assert edited.output == Ref("dense_softmax")
    assert edited.output_layer.class_name == "Softmax"


def test_inserting_twice_finds_another_name(graph):
    edited = graph.insert_after("a", *DROPOUT).insert_after("a", *DROPOUT)
    edited.check()
    assert inputs_of(edited, "a_dropout") == ["a_dropout_2"]
    edited.to_keras()


def test_taking_out_is_the_inverse_of_inserting(graph):
    edited = graph.insert_after("a", *DROPOUT).without("a_dropout")
    assert edited == graph


def test_taking_out_the_output(graph):
    assert graph.without("dense").output == Ref("flatten")


def test_splitting_an_activation_changes_no_number(graph):
    model = graph.to_keras(seed=0)
    split = graph.split_activation("a")
    assert split.layer("a").config["activation"] == "linear"
    assert split.layer("a_activation").config == {"activation": "relu"}
    images = np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 3)).astype("float32")
    np.testing.assert_array_equal(outputs(split.to_keras(seed=0), images), outputs(model, images))


def test_splitting_where_there_is_no_activation_changes_nothing(graph):
    assert graph.split_activation("shared") is graph
    assert graph.split_activation("add") is graph


def test_changing_a_configuration(graph):
    edited = graph.with_config("a", filters=7, use_bias=False)
    assert edited.layer("a").config == {**graph.layer("a").config, "filters": 7, "use_bias": False}
    assert [layer for layer in edited.layers if layer.key != "a"] == [x for x in graph.layers if x.key != "a"]
    assert graph.layer("a").config["filters"] == 3


def test_shapes_are_those_of_the_tensors_between_layers(graph):
    model, made = graph.build()
    assert graph.shapes == {Ref("input_layer"): model.input_shape} | {Ref(key): made[key].output.shape for key in made}
    both = Graph.from_keras(one(lambda x: layers.Add()(Both(name="both")(x))))
    assert both.shapes[Ref("both", 0)] == both.shapes[Ref("both", 1)] == (None, SIDE, SIDE, 3)
    any_size = Graph.from_keras(keras.Sequential([keras.Input((None, None, 3)), conv(name="c")]))
    assert any_size.shapes[Ref("c")] == (None, None, None, 3)


def test_a_layer_that_cannot_take_what_it_is_given_is_named(graph):
    with pytest.raises(ModelError, match="Layer 'add' cannot take what it is given: Inputs have incompatible shapes"):
        _ = graph.with_config("a", filters=7).shapes


def test_another_input_size():
    graph = Graph.from_keras(keras.Sequential([keras.Input((None, None, 3)), conv(), layers.GlobalAveragePooling2D()]))
    assert graph.input_shape == (None, None, 3)
    assert graph.with_input_shape(16, 12, 3).to_keras().input_shape == (None, 16, 12, 3)


@pytest.mark.parametrize("edit", ["insert_after", "insert_before"])
def test_inserting_at_a_shared_layer_is_refused(with_shared, edit):
    with pytest.raises(RemedyError, match="Cannot insert Dropout at layer 'shared': it is shared, called 2 times"):
        getattr(with_shared, edit)("shared", *DROPOUT)


def test_other_edits_of_a_shared_layer_are_refused(with_shared):
    with pytest.raises(RemedyError, match="Cannot split the activation off layer 'shared': the layer is shared"):
        with_shared.split_activation("shared")
    with pytest.raises(RemedyError, match="Cannot take out layer 'shared': it is called 2 times"):
        with_shared.without("shared")


def test_inserting_before_a_layer_with_two_inputs_is_refused(graph):
    with pytest.raises(RemedyError, match="Cannot insert before layer 'add': it takes 2 inputs, expected 1"):
        graph.insert_before("add", *DROPOUT)


def test_inserting_after_a_layer_with_two_outputs_is_refused():
    graph = Graph.from_keras(one(lambda x: layers.Add()(Both(name="both")(x))))
    with pytest.raises(RemedyError, match="Cannot insert after layer 'both': it returns several tensors"):
        graph.insert_after("both", *DROPOUT)


def test_check_names_a_call_out_of_order(graph):
    graph.check()
    with pytest.raises(ModelError, match=re.escape("The call 'a' refers to ['input_layer'], which does not come")):
        replace(graph, calls=graph.calls[1:]).check()
    with pytest.raises(ModelError, match="The call 'x' refers to unknown"):
        replace(graph, calls=(*graph.calls, Call("x", "unknown"))).check()
