"""The structure of the package: imports point one way, and what is heavy is loaded late."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "regimen"
HEAVY = {"torch", "keras", "matplotlib", "plotly", "pandas", "ray", "scipy", "sklearn", "babel", "pooch", "requests"}
# Which packages each may import, nearest first; function-level imports count.
MAY_IMPORT = {
    "errors": set(),
    "seeds": set(),
    "language": {"errors"},
    "data": {"language", "errors", "seeds"},
    "models": {"errors", "seeds"},
    "plan": {"models", "errors"},
    "remedies": {"plan", "models", "language", "errors"},
    "store": {"plan", "models", "language", "errors"},
    "engine": {"store", "plan", "models", "data", "errors", "seeds"},
    "executors": {"engine", "store", "plan", "models", "data", "errors"},
    "analysis": {"language", "errors"},
    "histories": {"analysis", "language", "errors"},
    "report": {"histories", "analysis", "store", "language", "errors"},
    "diagnosis": {"report", "histories", "analysis", "language", "errors"},
    "study": {
        *("executors", "report", "analysis", "engine", "store", "remedies", "plan", "models", "data", "language"),
        "errors",
    },
    "search": {
        *("study", "executors", "report", "analysis", "remedies", "plan", "data", "language"),
        "errors",
    },
    "explanation": {"study", "report", "remedies", "plan", "models", "language", "errors"},
    "cli": {
        *("search", "explanation", "study", "diagnosis", "report", "histories", "analysis", "remedies", "models"),
        *("data", "language"),
        "errors",
    },
}


def name_of(path):
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in SOURCE.rglob("*.py")}


def imports(name):
    """Modules of the project that one imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {target if target in MODULES else node.module for target in inner}
    return {target for target in found if target in MODULES}


def outside(name):
    """Top-level names of everything that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


def package(name):
    return name.split(".")[1] if "." in name else ""


def test_imports_have_no_circle():
    done, under_way = set(), []

    def visit(name):
        assert name not in under_way, " → ".join([*under_way[under_way.index(name) :], name])
        if name not in done:
            under_way.append(name)
            for target in imports(name):
                visit(target)
            done.add(under_way.pop())

    for name in MODULES:
        visit(name)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if package(name)))
def test_imports_point_one_way(name):
    allowed = MAY_IMPORT[package(name)] | {package(name)}
    for target in imports(name):
        assert package(target) in allowed, f"{name} imports {target}"


@pytest.mark.parametrize("name", sorted(name for name in MODULES if package(name)))
def test_modules_do_not_import_their_own_package(name):
    own = f"regimen.{package(name)}"
    assert name == own or own not in imports(name)


@pytest.mark.parametrize("name", sorted(n for n in MODULES if package(n) in ("remedies", "plan", "analysis")))
def test_plans_remedies_and_analysis_know_neither_torch_nor_keras(name):
    assert not outside(name) & {"torch", "keras"}


def loaded(*command):
    code = f"import sys\n{'; '.join(command)}\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()[
        -1
    ]


def test_importing_regimen_loads_nothing_heavy():
    assert loaded("import regimen") == "[]"


def test_help_loads_nothing_heavy():
    assert loaded("from regimen.cli.main import run", "run(['--help'])", "run(['study', '--help'])") == "[]"


def test_every_public_name_is_there():
    import regimen

    for name in regimen.__all__:
        assert getattr(regimen, name).__name__ in (name, "load", "load_result")
    assert set(regimen.__all__) <= set(dir(regimen))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = regimen.nothing


@pytest.mark.parametrize("name", sorted(name for name, path in MODULES.items() if path.name == "__init__.py"))
def test_packages_only_re_export(name):
    if name == "regimen":
        return  # loads lazily
    for node in ast.parse(MODULES[name].read_text()).body:
        docstring = isinstance(node, ast.Expr)
        names = isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        assert docstring or names or isinstance(node, ast.ImportFrom), f"{name}: {ast.unparse(node)}"


def test_constraints_pin_everything_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *(d for group in project["optional-dependencies"].values() for d in group)]
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    assert {requirement.split(">")[0].split("<")[0].lower() for requirement in declared} <= pinned
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_installed_package_holds_every_file():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["regimen"]
    packed = {path for pattern in patterns for path in SOURCE.glob(pattern)}
    files = {path for path in SOURCE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert files
    assert files <= packed
