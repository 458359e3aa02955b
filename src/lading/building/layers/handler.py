"""Whether a handler can be there at all, told from the source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from lading.building.layers.source import Found
from lading.errors import BuildError

_DYNAMIC = {"globals", "exec", "eval", "vars", "setattr", "__getattr__"}
"""A module that mentions one of these may have names that nobody can see in it."""


def check(handler: str, files: Iterable[Found], source: Path) -> None:
    """Raise BuildError when the module of `module:attribute` is not among `files`, or surely has
    no such attribute.
    """
    module, _, attribute = handler.partition(":")
    stem = module.replace(".", "/")
    names = (f"{stem}.py", f"{stem}/__init__.py")
    by_path = {one.path: one for one in files}
    found = next((by_path[name] for name in names if name in by_path), None)
    if found is None:
        raise BuildError(
            f"the module of the handler {handler} is not in the source folder",
            where=str(source),
            expected=" or ".join(names),
            came=_nearest(by_path, names),
            todo="write it, or correct `handler`",
        )
    first = attribute.partition(".")[0]
    known = _names(found.full.read_bytes())
    if known is not None and first not in known and f"{stem}/{first}.py" not in by_path:
        raise BuildError(
            f"{module} has no {first}",
            where=str(found.full),
            expected=f"a class or function {first} at the top level",
            came=", ".join(sorted(known)[:8]) or "no names at all",
            todo="define it, or correct `handler`",
        )


def _nearest(paths: Iterable[str], names: tuple[str, ...]) -> str:
    wanted = names[0].rpartition("/")[2]
    elsewhere = [path for path in paths if path.rpartition("/")[2] == wanted]
    python = sorted(path for path in paths if path.endswith(".py") and "/" not in path)
    return ", ".join(elsewhere or python[:8]) or "no Python files"


def _names(content: bytes) -> set[str] | None:
    """Names bound at the top level of a module; None when that cannot be known."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        # The image's Python may know a newer syntax; if not, compiling says so.
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in _DYNAMIC:
                return None
            case ast.Global() | ast.alias(name="*"):
                return None
            case ast.FunctionDef(name="__getattr__"):
                return None
    for node in _top_level(tree):
        names.update(_bound(node))
    return names


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _top_level(child)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
