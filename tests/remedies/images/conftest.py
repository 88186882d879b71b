import keras
import pytest
from keras import layers

from regimen.models.graph import Graph
from regimen.plan import Plan, Scaling


def network(*shape, scaling=None):
    """The plan of a network for images of this shape."""
    model = keras.Sequential([keras.Input(shape), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    return Plan(Graph.from_keras(model), scaling=scaling or Scaling())


@pytest.fixture
def plan_for():
    return network
