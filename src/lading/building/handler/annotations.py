"""Type hints as they are written, into types: what the text alone gives away, else Unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lading.building.contracts.types import (
    ARRAY,
    FILE,
    NONE,
    NUMBER,
    OBJECT,
    PLAIN_FORMS,
    TEXT,
    TRUTH,
    UNKNOWN,
    Exactly,
    Listed,
    Mapped,
    Opaque,
    Plain,
    Row,
    Type,
    one_of,
)
from lading.building.handler import records
from lading.building.handler.origins import Origin, origin
from lading.building.handler.sources import Module, Sources

_MOST_DEEP = 12
_LISTS = {
    *("list", "set", "frozenset", "typing.List", "typing.Set", "typing.FrozenSet"),
    *("typing.Sequence", "typing.MutableSequence", "typing.Collection", "typing.AbstractSet"),
    *("collections.abc.Sequence", "collections.abc.MutableSequence", "collections.abc.Set"),
    "collections.abc.Collection",
}
_DICTS = {
    *("dict", "typing.Dict", "typing.Mapping", "typing.MutableMapping"),
    *("collections.abc.Mapping", "collections.abc.MutableMapping"),
}
_TUPLES = {"tuple", "typing.Tuple"}
_FIRST = {"Annotated", "Final", "Required", "NotRequired", "ReadOnly"}
_OPAQUE = {
    "numpy.ndarray": Opaque("numpy.ndarray", frozenset({ARRAY, NUMBER, TRUTH})),
    "numpy.typing.NDArray": Opaque("NDArray", frozenset({ARRAY, NUMBER, TRUTH})),
    "PIL.Image.Image": Opaque("PIL.Image.Image", frozenset({FILE, TEXT})),
    "pandas.DataFrame": Opaque("pandas.DataFrame", frozenset({ARRAY, OBJECT})),
}
STREAMS = {
    f"{module}.{name}"
    for module in ("typing", "collections.abc")
    for name in ("Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable",
                 "AsyncGenerator")
}  # fmt: skip


@dataclass(frozen=True)
class Annotations:
    """Hints of the modules of one source. `passed` are names that are being looked up."""

    sources: Sources
    passed: frozenset[tuple[str, str]] = frozenset()

    def type_of(self, module: Module, hint: ast.expr | None) -> Type:
        """Unknown for no hint, and for what the text does not tell."""
        parsed = parsed_hint(hint)
        if parsed is None or len(self.passed) > _MOST_DEEP:
            return UNKNOWN
        if isinstance(parsed, ast.Constant):
            return NONE if parsed.value is None else UNKNOWN
        if isinstance(parsed, ast.BinOp) and isinstance(parsed.op, ast.BitOr):
            return one_of([self.type_of(module, x) for x in (parsed.left, parsed.right)])
        if isinstance(parsed, ast.Subscript):
            return self._generic(module, parsed)
        return self._named(self.origin(module, parsed), ())

    def origin(self, module: Module, hint: ast.expr) -> Origin | None:
        """What a name or a dotted name in a module stands for."""
        return origin(self.sources, module, hint)

    def _generic(self, module: Module, hint: ast.Subscript) -> Type:
        found = self.origin(module, hint.value)
        name = found.name if found else ""
        inside = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
        package, _, last = name.rpartition(".")
        if package in ("typing", "typing_extensions"):
            if last == "Literal":
                return _literal(inside)
            if last in _FIRST:
                return self.type_of(module, inside[0])
            if last == "Optional":
                return one_of([self.type_of(module, inside[0]), NONE])
            if last == "Union":
                return one_of([self.type_of(module, one) for one in inside])
        if name in _TUPLES:
            return self._tuple(module, inside)
        return self._named(found, [self.type_of(module, one) for one in inside])

    def _tuple(self, module: Module, inside: Sequence[ast.expr]) -> Type:
        if len(inside) == 2 and _is_dots(inside[1]):
            return Listed(self.type_of(module, inside[0]))
        return Row(tuple(self.type_of(module, one) for one in inside))

    def _named(self, found: Origin | None, inside: Sequence[Type]) -> Type:
        if found is None or found.module is not None:
            return self._of_source(found) if found and not inside else UNKNOWN
        name = found.name.replace("typing_extensions.", "typing.")
        if name in PLAIN_FORMS:
            return Plain(name)
        if name in _OPAQUE:
            return _OPAQUE[name]
        if name in _LISTS or name in _TUPLES:
            return Listed(inside[0] if len(inside) == 1 else UNKNOWN)
        if name in _DICTS:
            return Mapped(inside[1] if len(inside) == 2 else UNKNOWN)
        return UNKNOWN

    def _of_source(self, found: Origin) -> Type:
        """A class of the user's, or a name for another type."""
        key = (found.module.name, found.name) if found.module else None
        if key is None or found.module is None or key in self.passed:
            return UNKNOWN
        inner = replace(self, passed=self.passed | {key})
        if isinstance(found.node, ast.ClassDef):
            reader: Callable[[Module, ast.expr | None], Type] = inner.type_of
            return records.record(self.sources, found.module, found.node, reader)
        return inner.type_of(found.module, found.node) if found.node else UNKNOWN


def parsed_hint(hint: ast.expr | None) -> ast.expr | None:
    """A hint that is written as text, read; None where it cannot be."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        try:
            return ast.parse(hint.value.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return hint


def _literal(inside: Sequence[ast.expr]) -> Type:
    values = [one.value for one in inside if isinstance(one, ast.Constant)]
    plain = all(isinstance(one, str | int | None) for one in values)
    return Exactly(tuple(values)) if plain and len(values) == len(inside) else UNKNOWN


def _is_dots(hint: ast.expr) -> bool:
    return isinstance(hint, ast.Constant) and hint.value is Ellipsis
