"""Who can be asked to train: Keras' own ``fit``, a plain PyTorch loop, and Regimen."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from material import DEMONSTRATION, Material
from running import Contender

from regimen.executors.local import ENVIRONMENT

SCRIPTS = Path(__file__).parent / "peers"
BACKENDS = {"tensorflow": "TensorFlow", "torch": "torch", "jax": "JAX"}
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
OURS, OURS_FLOAT32 = "Regimen", "Regimen, float32"


def keras_name(backend: str, precision: str, *, each_core: bool = False) -> str:
    """What the page calls Keras' ``fit``."""
    return f"Keras on {BACKENDS[backend]}, {POLICIES[precision]}{_each(each_core)}"


def torch_name(precision: str, *, each_core: bool = False) -> str:
    """What the page calls the plain PyTorch loop."""
    return f"plain PyTorch loop, {precision}{_each(each_core)}"


def _each(core: bool) -> str:
    return ", a one-thread process per core" if core else ""


@dataclass(frozen=True)
class Stage:
    """Where contenders run.

    Attributes:
        python: the interpreter that has the peers' packages.
        cores: ids of those that may be used.
        scratch: an empty folder, another one for each round.
        native: whether bfloat16 is multiplied natively; where it is not, nobody computes in it.
    """

    python: str
    cores: Sequence[int]
    scratch: Path
    native: bool

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those that are worth comparing here."""
        return tuple(POLICIES) if self.native else ("float32",)

    def settings(self, material: Material, **more: Any) -> str:
        """The path of a new file of settings."""
        path = self.scratch / f"settings-{len(list(self.scratch.iterdir()))}.json"
        path.write_text(json.dumps({**material.settings(), "core": None, **more}), encoding="utf-8")
        return str(path)

    def peer(
        self, name: str, script: str, material: Material, precision: str, backend: str = "", *, each_core: bool = False
    ) -> Contender:
        """Another's training: one process with all cores; or one per core with one thread, which share the models."""
        models, count = material.settings()["models"], len(self.cores)
        shares: list[tuple[int | None, Any]] = [(None, models)]
        if each_core:
            shares = [(core, models[place::count] or models) for place, core in enumerate(self.cores)]
        commands = [
            (self.python, str(SCRIPTS / script), self.settings(material, precision=precision, core=core, models=share))
            for core, share in shares
        ]
        environment = {"OMP_NUM_THREADS": "1"} if each_core else {}
        return Contender(name, tuple(commands), {**environment, "KERAS_BACKEND": backend} if backend else environment)

    def keras(self, material: Material, backend: str, precision: str, *, each_core: bool = False) -> Contender:
        """Keras' ``fit``."""
        name = keras_name(backend, precision, each_core=each_core)
        return self.peer(name, "keras_fit.py", material, precision, backend, each_core=each_core)

    def torch(self, material: Material, precision: str, *, each_core: bool = False) -> Contender:
        """The plain PyTorch loop."""
        name = torch_name(precision, each_core=each_core)
        return self.peer(name, "plain_torch.py", material, precision, each_core=each_core)

    def ours(self, material: Material, name: str, precision: str = "auto") -> Contender:
        """A study of one arm, as many seeds and workers as cores."""
        out = str(self.scratch / name)
        settings = self.settings(material, precision=precision, seeds=len(self.cores), out=out)
        return self._regimen(name, str(SCRIPTS / "regimen_study.py"), settings)

    def demonstration(self, epochs: int, seeds: int) -> Contender:
        """The command, report and all."""
        numbers = {"--device": "cpu", "--seeds": seeds, "--epochs": epochs, "--out": self.scratch / "demonstration"}
        options = [str(word) for pair in numbers.items() for word in pair]
        return self._regimen(OURS, "-m", "regimen.cli.main", "study", "--preset", DEMONSTRATION, *options)

    def profile(self, material: Material) -> Contender:
        """One of our training steps, on one core in a worker's environment."""
        settings = self.settings(material, precision="auto", seeds=1, out=str(self.scratch / "profile"))
        contender = self._regimen(OURS, str(SCRIPTS / "regimen_profile.py"), settings)
        return replace(contender, environment={**contender.environment, **ENVIRONMENT})

    def _regimen(self, name: str, *words: str) -> Contender:
        return Contender(name, ((sys.executable, *words),), {"REGIMEN_CACHE": str(self.scratch / "cache")})
