import os
import platform
import subprocess
import sys

import pytest

from regimen.executors.local import ENVIRONMENT

PROGRAM = """
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do not keep freed memory")
def test_what_a_run_has_freed_goes_back_to_the_system():
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    held, left = map(int, found.stdout.split())
    assert held > 256  # MiB: within a run it is kept
    assert left < held - 200
