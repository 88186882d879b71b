import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

import regimen as rg

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def load_script():
    """Imports a script of docs by its name."""

    def load(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(DOCS)
            spec = importlib.util.spec_from_file_location(f"{name}_page", DOCS / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def tutorials(tmp_path_factory):
    """The tutorials' studies in miniature: the presets' arms on a few digits, two epochs."""
    parent, small = tmp_path_factory.mktemp("studies"), {"data": "digits", "train_size": 100}
    small |= {"seeds": 2, "epochs": 2, "workers": 1}
    cifar10 = rg.Study.read("cifar10-tutorial", **small, out=parent / "cifar10")
    cifar10.run()
    some = {name: cifar10.arms[name] for name in ("dropout-blocks", "batchnorm")}
    replace(cifar10, arms=some, shuffle="once", out=parent / "frozen").run()
    rg.Study.read("fashion-tutorial", **small, out=parent / "fashion").run()
    return parent
