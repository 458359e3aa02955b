"""The repository as the house tests see it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git knows or would add, that is there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted({ROOT / x for x in names.split("\0") if x and (ROOT / x).is_file()}))


def python(*folders: str) -> list[Path]:
    """Python files below these folders, those of app templates left out."""
    inside = [x for x in tracked() if x.suffix == ".py" and "templates" not in x.parts[:-2]]
    return [x for x in inside if any(x.is_relative_to(ROOT / y) for y in folders)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
