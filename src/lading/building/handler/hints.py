"""Type hints as they are written: those whose meaning the text alone gives away."""

from __future__ import annotations

import ast
from collections.abc import Container
from dataclasses import dataclass

SCALARS = {"bool", "bytes", "float", "int", "str"}
_BUILTIN = {*SCALARS, "dict", "frozenset", "list", "set", "tuple"}


@dataclass(frozen=True)
class Builtin:
    """A built-in type, such as `list[int]`. `item` is the first of its arguments."""

    name: str
    item: ast.expr | None


def builtin(hint: ast.expr | None, shadowed: Container[str]) -> Builtin | None:
    """None for a hint that is another type, or may be: `shadowed` are names that mean what they
    were bound to."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        try:
            hint = ast.parse(hint.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    item = None
    if isinstance(hint, ast.Subscript):
        several = hint.slice
        item = several.elts[0] if isinstance(several, ast.Tuple) and several.elts else several
        hint = hint.value
    if not isinstance(hint, ast.Name) or hint.id not in _BUILTIN or hint.id in shadowed:
        return None
    return Builtin(hint.id, item)
