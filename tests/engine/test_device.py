import pytest
import torch

from regimen.engine.device import resolve_device
from regimen.engine.precision import resolve_precision
from regimen.errors import OptionError


def test_auto_is_the_cpu_even_where_there_is_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == resolve_device("cpu") == "cpu"
    assert resolve_device("cuda") == "cuda"


@pytest.mark.parametrize(
    ("built", "advice"), [(None, "was built for the CPU alone. Install PyTorch"), ("12.8", "finds no GPU.*nvidia-smi")]
)
def test_a_gpu_that_cannot_be_used_is_refused(built, advice, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", built)
    with pytest.raises(OptionError, match=advice):
        resolve_device("cuda")


def test_other_devices_are_refused():
    with pytest.raises(OptionError, match="There is no device 'gpu'"):
        resolve_device("gpu")


@pytest.mark.parametrize(("capability", "precision"), [((7, 5), "float32"), ((8, 0), "bfloat16"), ((9, 0), "bfloat16")])
def test_gpus_multiply_bfloat16_from_capability_8_on(capability, precision, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert resolve_precision("auto", "cuda") == precision
