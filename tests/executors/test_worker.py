import os
import platform
import subprocess
import sys

import pytest

from regimen.executors.local import ENVIRONMENT

FREEING = """
from regimen.executors.worker import give_memory_back

def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024

pieces = [bytearray(b"x") * 2**20 for _ in range(256)]
piece_on_top = bytearray(b"x") * 2**20
del pieces
held = resident()
give_memory_back()
print(held, resident())
"""

SCORING = """
import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from regimen.engine.batches import Images
from regimen.engine.training import Run, RunData
from regimen.models.graph import Graph
from regimen.plan import Plan
from regimen.store.run_folder import RunFolder

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) // 1024

def images(count):
    return Images.of(pixels, labels, np.arange(count) % 32)

pixels, labels = np.zeros((32, 96, 96, 3), np.uint8), np.zeros(32, np.int64)
convolution, pooling = layers.Conv2D(16, 3, 2), layers.GlobalAveragePooling2D()
model = keras.Sequential([keras.Input((96, 96, 3)), convolution, pooling, layers.Dense(10, "softmax")])
run = Run(Plan(Graph.from_keras(model)), 0, RunData(images(32), images(32), None), RunFolder(Path(tempfile.mkdtemp())))
for count in (640, 9_600):
    run.evaluate(images(count))
    print(held())
"""

HIDING = """
import sys

from regimen.executors.worker import hidden

with hidden("matplotlib", "pandas", "sklearn"):
    import keras
print(*(int(name in sys.modules) for name in ("matplotlib", "pandas", "sklearn")))
from sklearn.base import BaseEstimator
print(int("sklearn" in sys.modules))
"""


def said(program):
    """The numbers that a program prints in a worker's environment."""
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return map(int, found.stdout.split())


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do not keep freed memory")
def test_what_a_run_has_freed_goes_back_to_the_system():
    held, left = said(FREEING)
    assert held > 256  # MiB: within a run it is kept
    assert left < held - 200


def test_hidden_modules_are_there_again_afterwards():
    """A user's own layers may import them, though Keras did not."""
    found = said(HIDING)
    assert list(found) == [0, 0, 0, 1]


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only Linux tells")
def test_memory_does_not_grow_with_the_images_that_are_scored():
    few, many = said(SCORING)
    assert many < few + 32  # MiB
