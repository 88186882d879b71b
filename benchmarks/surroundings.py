"""On what was measured: hardware, versions, date, and how busy the machine was."""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

PACKAGES = ("tensorflow-cpu", "jax", "torch", "keras", "numpy")
LIST = """\
import importlib.metadata, json, sys
found = {each.name.replace("_", "-"): each.version for each in importlib.metadata.distributions()}
print(json.dumps({name: found[name] for name in sys.argv[1:] if name in found}))
"""


def surroundings(python: str) -> dict[str, Any]:
    """Everything that a time may depend on beside the contender.

    Args:
        python: the interpreter of the peers.
    """
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": len(cores()),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        "bfloat16": bfloat16_unit(),
        "system": platform.system(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "peers": versions(python, PACKAGES),
        "ours": versions(sys.executable, ("regimen", "torch", "keras", "numpy")),
    }


def cores() -> list[int]:
    """Ids of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def bfloat16_unit() -> str:
    """What multiplies bfloat16 in this processor; empty if nothing does."""
    capabilities = torch.cpu.get_capabilities()
    units = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16"}
    return next((name for key, name in units.items() if capabilities.get(key)), "")


def processor() -> str:
    """Its name, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def versions(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    """Of those packages that an interpreter has."""
    listed = subprocess.run([python, "-c", LIST, *packages], capture_output=True, text=True, check=True)
    return json.loads(listed.stdout)
