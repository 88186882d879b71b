import json

import numpy as np
import pytest
import torch

from regimen.errors import StoreError
from regimen.store.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "runs" / "abc")


def test_an_unfinished_run_has_no_result_and_no_checkpoint(folder):
    assert folder.result() is None
    assert folder.load_checkpoint() is None
    assert folder.predictions("test_selected") is None


def test_checkpoints_keep_tensors_and_progress_exactly(folder):
    tensors = {"a": torch.rand(3, 4), "b": torch.tensor(2.0)}
    progress = {"history": {"loss": [0.1, 1 / 3]}, "best_loss": float("inf")}
    folder.save_checkpoint(tensors, progress)
    found, found_progress = folder.load_checkpoint()
    assert found_progress == progress
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_finishing_keeps_results_and_drops_the_checkpoint(folder, rng):
    folder.save_checkpoint({"a": torch.zeros(1)}, {})
    predictions = {"validation_last": rng.random((4, 3)).astype("float32")}
    folder.finish({"w": torch.ones(2)}, predictions, {"status": "finished"})
    assert folder.load_checkpoint() is None
    assert folder.result() == {"status": "finished"}
    np.testing.assert_array_equal(folder.predictions("validation_last"), predictions["validation_last"])
    np.testing.assert_array_equal(folder.weights()["w"], np.ones(2))
    assert {path.name for path in folder.path.iterdir()} == {
        "result.json",
        "selected.safetensors",
        "validation_last.npy",
    }


def test_damaged_files_are_named(folder):
    folder.save_checkpoint({"a": torch.zeros(1)}, {})
    (folder.path / "checkpoint.safetensors").write_bytes(b"nonsense")
    with pytest.raises(StoreError, match=r"checkpoint\.safetensors is damaged"):
        folder.load_checkpoint()
    (folder.path / "result.json").write_text("{")
    with pytest.raises(StoreError, match=r"result\.json is damaged"):
        folder.result()


def test_a_write_that_fails_leaves_the_old_file(folder):
    folder.save_checkpoint({"a": torch.zeros(1)}, {"epoch": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        folder.save_checkpoint({"a": torch.ones(1)}, {"epoch": json})
    assert folder.load_checkpoint()[1] == {"epoch": 1}
