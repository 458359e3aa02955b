"""What others use is explained where it is defined."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from lading import errors
from tests.house.source import ROOT, name, python, tree


def test_every_module_says_what_it_is_for() -> None:
    assert [name(x) for x in python("src") if not ast.get_docstring(tree(x))] == []


def test_every_public_class_and_function_has_a_sentence() -> None:
    # A migration's two functions are Alembic's; its module says what it does.
    files = [x for x in python("src/lading") if "migrations" not in x.parts]
    assert [x for path in files for x in _unexplained(path)] == []


def test_everything_a_package_exports_is_there() -> None:
    for path in python("src/lading"):
        names = {x.id for x in ast.walk(tree(path)) if isinstance(x, ast.Name)}
        names |= {y.asname or y.name for x in ast.walk(tree(path)) if isinstance(x, ast.ImportFrom)
                  for y in x.names}  # fmt: skip
        names |= {x.name for x in tree(path).body if isinstance(x, ast.FunctionDef | ast.ClassDef)}
        for exported in _exported(path):
            assert exported in names, f"{name(path)}: {exported}"


def test_the_tree_of_errors_is_drawn_whole() -> None:
    lines = (errors.__doc__ or "").splitlines()
    drawn = {m[2]: m.start(2) // 4 for x in lines if (m := re.match(r"([\s│├└─]*)(\w+)", x))}
    defined = {
        x.__name__: len(x.__mro__)
        for x in vars(errors).values()
        if isinstance(x, type) and issubclass(x, errors.LadingError)
    }
    root = drawn["LadingError"], defined["LadingError"]
    assert {x: n - root[1] for x, n in defined.items()} == {
        x: drawn[x] - root[0] for x in defined if x in drawn
    }


def test_documents_mentioned_in_contributing_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    mentioned = re.findall(r"`((?:src|docs|tests|scripts)/[\w./-]+\.\w+)`", text)
    assert mentioned
    assert [x for x in mentioned if not (ROOT / x).exists()] == []


def _unexplained(path: Path) -> Iterator[str]:
    for node in tree(path).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        enumeration = isinstance(node, ast.ClassDef) and any(
            isinstance(x, ast.Name) and x.id.endswith("Enum") for x in node.bases
        )
        if not node.name.startswith("_") and not enumeration and not ast.get_docstring(node):
            yield f"{name(path)}: {node.name}"


def _exported(path: Path) -> list[str]:
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(x, ast.Name) and x.id == "__all__" for x in node.targets
        ):
            found: list[str] = ast.literal_eval(node.value)
            return found
    return []
