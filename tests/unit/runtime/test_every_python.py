"""The runtime is read by the oldest Python that an image may have, and needs little."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

RUNTIME = Path(__file__).parents[3] / "src" / "lading_runtime"
MODULES = sorted(RUNTIME.glob("*.py"))
NEEDED = {"httptools", "msgspec", "uvloop", "lading_runtime"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_python_3_9_reads_it(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert path.name == "__init__.py" or future[0].module == "__future__"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_it_imports_only_what_its_requirements_name(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module)]
        for name in names:
            top = name.partition(".")[0]
            assert top in NEEDED or top in sys.stdlib_module_names, name


def test_the_requirements_name_what_is_imported() -> None:
    lines = (RUNTIME / "requirements.txt").read_text().splitlines()
    names = {line.partition(">=")[0] for line in lines if line and not line.startswith("#")}
    assert names == NEEDED - {"lading_runtime"}
