import subprocess
import sys

import regimen.report

HEAVY = ["torch", "keras", "matplotlib", "pandas", "scipy", "sklearn", "jinja2"]


def test_importing_the_report_loads_nothing_heavy():
    script = f"import sys, regimen.report; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names():
    assert regimen.report.__all__ == sorted(regimen.report.__all__)
    assert all(hasattr(regimen.report, name) for name in regimen.report.__all__)
