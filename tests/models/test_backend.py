import os
import subprocess
import sys

import pytest


def run(code, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run([sys.executable, "-c", code], env={**kept, **environment}, capture_output=True, text=True)


def test_keras_gets_the_torch_backend_where_none_is_named():
    assert run("import regimen, keras; print(keras.backend.backend())").stdout == "torch\n"


def test_a_backend_that_was_named_stays(tmp_path):
    code = "import regimen, os; print(os.environ['KERAS_BACKEND'])"
    assert run(code, KERAS_BACKEND="numpy").stdout == "numpy\n"


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_a_backend_that_is_not_installed_is_one_clear_error(backend):
    code = "from regimen.models.backend import import_keras\nimport_keras()"
    errors = run(code, KERAS_BACKEND=backend).stderr
    assert f"Keras cannot be imported with KERAS_BACKEND='{backend}'" in errors
