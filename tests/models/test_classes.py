"""A user's own classes and functions: found again by what they are, in this process and in a worker."""

import subprocess
import sys

import numpy as np
import pytest

from regimen.errors import ModelError
from regimen.models.classes import class_of, custom_objects, export_classes
from regimen.models.graph import Graph
from regimen.models.reading import weights_of
from regimen.models.source import find_model, shaped

NETWORK = """
import keras
from keras import layers, ops
from beside import FACTOR

def wave(x):
    return ops.sin(FACTOR * x)

class Half(layers.Layer):
    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.weight / 2

def build(input_shape, classes):
    return keras.Sequential([
        keras.Input(input_shape), layers.Conv2D(2, 3, activation=wave), Half(), layers.Flatten(), layers.Dense(classes),
    ])
"""

WORKER = """
import json, sys, pathlib
sys.path.append(sys.argv[1])
import numpy as np
from regimen.models.classes import import_classes
from regimen.models.graph import Graph
folder = pathlib.Path(sys.argv[1])
import_classes((folder / "classes").read_bytes())
graph = Graph.from_json(json.loads((folder / "graph.json").read_text()))
weights = dict(np.load(folder / "weights.npz"))
print(json.dumps(graph.to_keras(weights)(np.ones((1, 6, 6, 1), "float32")).tolist()))
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "beside.py").write_text("FACTOR = 3")

    def write(text, name="own_network.py"):
        (tmp_path / name).write_text(text)
        return shaped(find_model(f"{tmp_path / name}:build"), (6, 6, 1), 2)

    yield write
    for name in ("beside", "own_network"):
        sys.modules.pop(name, None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]


def kinds(model):
    return {layer.name: layer.kind for layer in Graph.from_keras(model).layers}


def test_an_edited_class_and_an_edited_function_are_others(write):
    before, again = (Graph.from_keras(write(NETWORK)).canonical() for _ in range(2))
    assert before == again
    after = Graph.from_keras(write(NETWORK.replace("/ 2", "/ 3"))).canonical()
    assert [layer["kind"] for layer in before["layers"] if layer not in after["layers"]][-1].startswith("custom:Half#")
    assert before["layers"][1]["config"]["activation"] != after["layers"][1]["config"]["activation"]


def test_both_versions_of_an_edited_class_work_side_by_side(write):
    graphs = []
    for divisor in (2, 4):
        model = write(NETWORK.replace("/ 2", f"/ {divisor}"))
        graphs.append(Graph.from_keras(model))
    weights = weights_of(model)
    weights["dense/1.bias"] *= 0
    halved, quartered = (graph.to_keras(weights)(np.ones((1, 6, 6, 1), "float32")) for graph in graphs)
    np.testing.assert_allclose(halved.detach() / 2, quartered.detach(), rtol=1e-5)


def test_another_process_builds_the_same_model(write, tmp_path):
    import json

    model = write(NETWORK)
    (tmp_path / "graph.json").write_text(json.dumps(Graph.from_keras(model).to_json()))
    (tmp_path / "classes").write_bytes(export_classes())
    (tmp_path / "own_network.py").unlink()  # classes come by value, not from a file edited meanwhile
    np.savez(tmp_path / "weights.npz", **weights_of(model))
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = model(np.ones((1, 6, 6, 1), "float32")).detach()
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, rtol=1e-5)


def test_a_saved_model_loads_with_the_registered_objects(write, tmp_path):
    import keras

    model = write(NETWORK)
    Graph.from_keras(model)
    model.save(tmp_path / "model.keras")
    with keras.saving.custom_object_scope(dict(custom_objects())):
        loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.ones((1, 6, 6, 1), "float32")
    np.testing.assert_allclose(loaded(images).detach(), model(images).detach())


def test_keras_classes_are_found_by_import():
    assert class_of("keras.layers.Conv2D").__name__ == "Conv2D"


def test_a_class_of_another_process():
    with pytest.raises(ModelError, match="layer class 'Lost' is not Keras' own and is not known in this process"):
        class_of("custom:Lost#0123")
