"""The models that a user names."""

import random
import sys

import keras
import pytest
from keras import layers

from regimen.errors import ModelError
from regimen.models.source import find_model, shaped, wanted_shape

BUILD = """
import keras
def {signature}:
    return keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense({units})])
"""


def network(*shape):
    return keras.Sequential([keras.Input(shape or (6, 6, 1)), layers.Flatten(), layers.Dense(3)])


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a file; returns the name of a function in it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)

    def write(text, name="network.py", function="build"):
        (tmp_path / name).write_text(text)
        return f"{tmp_path / name}:{function}"

    yield write
    for name in set(sys.modules) - known:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in sys.modules[name].__file__:
            del sys.modules[name]


def units(source, shape=(6, 6, 1), classes=7):
    return shaped(find_model(source), shape, classes).output_shape[-1]


def test_no_name_is_the_network_for_the_images_size():
    assert shaped(find_model(None), (8, 8, 1), 5).name == "digits_cnn"


def test_built_in_name():
    model = shaped(find_model("cifar_cnn"), (16, 16, 1), 5)
    assert (model.name, model.input_shape, model.output_shape) == ("cifar_cnn", (None, 16, 16, 1), (None, 5))


def test_a_model_is_itself():
    model = network()
    assert shaped(find_model(model), (6, 6, 1), 3) is model


def test_a_model_without_input_is_built():
    model = shaped(find_model(keras.Sequential([layers.Flatten(), layers.Dense(3)])), (6, 5, 1), 3)
    assert model.input_shape == (None, 6, 5, 1)


def test_a_model_that_cannot_take_the_images():
    model = keras.Sequential([layers.Conv2D(2, 9), layers.Flatten()], name="tight")
    with pytest.raises(ModelError, match=r"'tight' cannot be built for images of shape \(6, 6, 1\)"):
        shaped(model, (6, 6, 1), 3)


def test_a_saved_model(tmp_path):
    network().save(tmp_path / "saved.keras")
    for path in (tmp_path / "saved.keras", str(tmp_path / "saved.keras")):
        assert find_model(path).output_shape == (None, 3)


def test_a_saved_model_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"There is no model file '.*none.keras'"):
        find_model(tmp_path / "none.keras")


def test_a_damaged_model(tmp_path):
    (tmp_path / "bad.keras").write_bytes(b"not a zip")
    with pytest.raises(ModelError, match=r"bad.keras' cannot be loaded: .*\S.* pass module.py:function instead"):
        find_model(tmp_path / "bad.keras")


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_a_saved_lambda_is_not_executed(tmp_path):
    keras.Sequential([keras.Input((6, 6, 1)), layers.Lambda(lambda x: x)]).save(tmp_path / "unsafe.keras")
    with pytest.raises(ModelError, match=r"unsafe.keras' cannot be loaded: .*Lambda"):
        find_model(tmp_path / "unsafe.keras")


@pytest.mark.parametrize(
    ("signature", "written", "expected"),
    [
        ("build()", "4", 4),
        ("build(classes)", "classes", 7),
        ("build(num_classes, input_shape)", "num_classes + sum(input_shape)", 20),
        ("build(*, input_shape, depth=2)", "depth + input_shape[0]", 8),
    ],
)
def test_a_function_receives_the_arguments_that_it_names(write, signature, written, expected):
    assert units(write(BUILD.format(signature=signature, units=written))) == expected


def test_a_function_object():
    assert units(lambda classes: network(2, 2, classes)) == 3


def test_a_file_is_read_anew(write):
    assert [units(write(BUILD.format(signature="build()", units=n))) for n in (4, 15)] == [4, 15]


def test_a_file_imports_what_lies_beside_it(write, tmp_path):
    (tmp_path / "lying_beside.py").write_text("UNITS = 9")
    assert units(write("from lying_beside import UNITS\n" + BUILD.format(signature="build()", units="UNITS"))) == 9


@pytest.mark.parametrize("name", ["random.py", "this.py"])
def test_a_file_named_like_a_standard_module_does_not_replace_it(write, name):
    loaded = {module: sys.modules.get(module) for module in ("random", "this")}
    assert units(write(BUILD.format(signature="build()", units=4), name)) == 4
    assert {module: sys.modules.get(module) for module in loaded} == loaded
    assert hasattr(random, "random")


def test_a_class_is_called_like_a_function():
    class Builder:
        def __new__(cls, classes):
            return keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(classes)])

        def get_config(self):
            return {}

    assert units(Builder) == 7


@pytest.mark.parametrize(
    ("text", "function", "message"),
    [
        ("def build(): pass", "biuld", "defines no function 'biuld'. Did you mean 'build'"),
        ("build = 3", "build", "defines no function 'build'"),
        ("import not_there_at_all", "build", "cannot be imported: ModuleNotFoundError: No module named 'not_there_at"),
        ("def build(:", "build", "cannot be imported: SyntaxError"),
        ("import sys\nsys.exit('usage: train')", "build", "cannot be imported: SystemExit: usage: train"),
    ],
)
def test_files_that_cannot_be_used(write, text, function, message):
    with pytest.raises(ModelError, match=message):
        find_model(write(text, function=function))


def test_a_file_that_failed_leaves_no_module_behind(write):
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        find_model(write("1 / 0"))
    assert "network" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def build(): raise KeyError('depth')", r"Building the model with build\(\) failed: KeyError: 'depth'"),
        ("def build(size): pass", "failed: TypeError: .*'size' It receives those of input_shape, classes, num_classes"),
        ("def build(): return 3", r"build\(\) returned int; expected an uncompiled Keras model"),
        ("def build(classes): pass", r"build\(\) returned NoneType"),
    ],
)
def test_functions_that_build_no_model(write, text, message):
    with pytest.raises(ModelError, match=message):
        units(write(text))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("cifar", "There is no model 'cifar': .*Did you mean 'cifar_cnn'"),
        ("resnet", "expected a built-in network, a .keras file, or module.py:function. Known: cifar_cnn, digits_cnn"),
        ("net.py", "names a file but no function in it; write net.py:function"),
        ("not_there.py:build", "There is no file 'not_there.py'"),
        (3, "Expected a Keras model, a function that builds one, or a name; received int"),
    ],
)
def test_names_of_nothing(source, message):
    with pytest.raises(ModelError, match=message):
        find_model(source)


def test_wanted_shape():
    assert wanted_shape(network(6, 5, 1)) == (6, 5, 1)
    assert wanted_shape(keras.Sequential([layers.Dense(3)])) == (None, None, None)
    assert wanted_shape(find_model("cifar_cnn")) == (None, None, None)
    free = keras.Sequential([keras.Input((None, None, 3)), layers.GlobalAveragePooling2D()])
    assert wanted_shape(free) == (None, None, 3)
