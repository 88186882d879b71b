"""Operations between tensors, against Keras'."""

import keras
import numpy as np
import pytest
import torch

from regimen.engine.counterparts import counterpart
from regimen.engine.counterparts.arithmetic import Arithmetic
from regimen.engine.counterparts.registry import UNEXPORTED
from regimen.models.classes import class_of

OPERATIONS = [path for path, cls in UNEXPORTED.items() if cls is Arithmetic]
OTHERS = {
    "number": 0.3,
    "integer": 2,
    "array": np.array([1, 2, 3], dtype="float32"),
    "tensor": torch.tensor([[1.0, 2, 3], [4, 5, 6]]),
}


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.rsplit(".")[-1])
def test_computes_what_keras_computes(path, other, first, rng):
    operation = class_of(path)()
    ours = counterpart(operation)
    assert isinstance(ours, Arithmetic)
    x = torch.from_numpy(rng.uniform(1, 2, size=(2, 3)).astype("float32"))
    for dtype in (torch.float32, torch.bfloat16):
        operands = [x.to(dtype), OTHERS[other]] if first else [OTHERS[other], x.to(dtype)]
        received, expected = ours(*operands, training=True), operation(*operands)
        assert received.dtype == expected.dtype
        torch.testing.assert_close(received, expected)


def test_operations_stand_for_what_is_written_between_tensors():
    x = keras.Input((3,))
    model = keras.Model(x, (2 - x) * x / 3 + 1)
    assert {f"{type(layer).__module__}.{type(layer).__name__}" for layer in model.operations[1:]} == set(OPERATIONS)
