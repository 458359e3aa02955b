"""The runtime is read by every Python that an image may have, and needs little."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.runtime import interpreters

RUNTIME = Path(__file__).parents[3] / "src" / "lading_runtime"
MODULES = sorted(RUNTIME.rglob("*.py"))
PLACES = [str(path.relative_to(RUNTIME)) for path in MODULES]
NEEDED = {"httptools", "msgspec", "uvloop", "lading_runtime"}
OF_THE_USER = {"grpc", "numpy"}
"""Imported only where the user's code or settings have brought them."""
BEHIND_THE_DOOR = ("grpc_door/refusals.py", "grpc_door/service.py")
"""Imported themselves only where gRPC is asked for."""
READ = """
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        compile(file.read(), path, "exec", dont_inherit=True)
"""


@pytest.mark.parametrize("path", MODULES, ids=PLACES)
def test_python_3_9_reads_it(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    only_words = all(isinstance(node, ast.Expr) for node in tree.body)
    assert only_words or path.name == "__init__.py" or future[0].module == "__future__"


@pytest.mark.parametrize("version", interpreters.VERSIONS)
def test_every_python_there_is_reads_all_of_it(version: str) -> None:
    python = interpreters.find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    command = [python, "-W", "error", "-c", READ, *map(str, MODULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def imported(node: ast.AST) -> list[str]:
    """Top-level packages that a statement imports, ours apart."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [str(node.module).partition(".")[0]]
    return []


@pytest.mark.parametrize("path", MODULES, ids=PLACES)
def test_it_imports_only_what_its_requirements_name(path: Path) -> None:
    tree = ast.parse(path.read_text())
    inside = {
        id(node)
        for scope in ast.walk(tree)
        if _is_later(scope)
        for node in ast.walk(scope)
        if node is not scope
    }
    for node in ast.walk(tree):
        for name in imported(node):
            known = name in NEEDED or name in sys.stdlib_module_names
            later = id(node) in inside or str(path).endswith(BEHIND_THE_DOOR)
            assert known or (name in OF_THE_USER and later), name


def _is_later(node: ast.AST) -> bool:
    """Whether what stands inside runs only when somebody asks for it, or never."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def test_nothing_is_excused_that_is_not_imported() -> None:
    names = {x for path in MODULES for x in _all_imported(path)}
    assert OF_THE_USER - names == set()


def _all_imported(path: Path) -> list[str]:
    return [name for node in ast.walk(ast.parse(path.read_text())) for name in imported(node)]


def test_the_requirements_name_what_is_imported() -> None:
    lines = (RUNTIME / "requirements.txt").read_text().splitlines()
    names = {line.partition(">=")[0] for line in lines if line and not line.startswith("#")}
    assert names == NEEDED - {"lading_runtime"}
