"""Classes that are plain data, as their text says: the fields that JSON has of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from lading.building.contracts.types import UNKNOWN, Field, Listed, Record, Row, Type
from lading.building.handler import names
from lading.building.handler.names import Function
from lading.building.handler.origins import origin
from lading.building.handler.sources import Module, Sources

TypeOf = Callable[[Module, ast.expr | None], Type]
_BASES = {
    "typing.TypedDict": "TypedDict",
    "typing_extensions.TypedDict": "TypedDict",
    "typing.NamedTuple": "NamedTuple",
    "msgspec.Struct": "Struct",
    "pydantic.BaseModel": "BaseModel",
}
_DATACLASS = "dataclasses.dataclass"
_HARMLESS = {"dataclass": {"frozen", "order", "eq", "slots", "kw_only", "unsafe_hash", "repr"},
             "Struct": {"frozen", "order", "eq", "kw_only", "gc", "dict", "weakref",
                        "forbid_unknown_fields"}}  # fmt: skip
_KNOWN_METHODS = {"property", "classmethod", "staticmethod"}
_OUTSIDE = {"ClassVar", "typing.ClassVar"}


@dataclass(frozen=True)
class _Class:
    """A class that is data of one `kind`; `fields` are those of its bases too."""

    kind: str
    fields: dict[str, Field]


def record(sources: Sources, module: Module, node: ast.ClassDef, type_of: TypeOf) -> Type:
    """Unknown for a class that is no data, or whose fields its text does not tell."""
    found = _Reader(sources, type_of).read(module, node, 10)
    if found is None:
        return UNKNOWN
    if found.kind == "NamedTuple":
        exact = all(one.required for one in found.fields.values())
        return Row(tuple(x.type for x in found.fields.values())) if exact else Listed(UNKNOWN)
    where = module.where(node.lineno)
    return Record(node.name, found.fields, where, found.kind == "BaseModel")


@dataclass(frozen=True)
class _Reader:
    sources: Sources
    type_of: TypeOf

    def read(self, module: Module, node: ast.ClassDef, most: int) -> _Class | None:
        if most == 0:
            return None
        bases = [self._base(module, base, most - 1) for base in node.bases]
        kinds = {base.kind for base in bases if base is not None}
        if None in bases or len(kinds) > 1:
            return None
        kind = self._kind(module, node, kinds)
        if kind is None or not _tells(node, kind):
            return None
        inherited = {name: one for x in reversed(bases) if x for name, one in x.fields.items()}
        own = self._fields(module, node, kind)
        return None if own is None else _Class(kind, {**inherited, **own})

    def _base(self, module: Module, base: ast.expr, most: int) -> _Class | None:
        found = origin(self.sources, module, base)
        if found is None:
            return None
        if found.name in _BASES:
            return _Class(_BASES[found.name], {})
        if found.name == "object":
            return _Class("", {})
        if found.module is None or not isinstance(found.node, ast.ClassDef):
            return None
        return self.read(found.module, found.node, most)

    def _kind(self, module: Module, node: ast.ClassDef, kinds: set[str]) -> str | None:
        """None where it is no data, or a decorator may make it anything."""
        if not node.decorator_list:
            return next(iter(kinds)) or None if kinds and kinds != {"dataclass"} else None
        if len(node.decorator_list) > 1 or not kinds <= {"", "dataclass"}:
            return None
        (decorator,) = node.decorator_list
        call = decorator if isinstance(decorator, ast.Call) else None
        found = origin(self.sources, module, call.func if call else decorator)
        options = {one.arg for one in call.keywords} if call else set()
        is_plain = not (call and call.args) and options <= _HARMLESS["dataclass"]
        return "dataclass" if found and found.name == _DATACLASS and is_plain else None

    def _fields(self, module: Module, node: ast.ClassDef, kind: str) -> dict[str, Field] | None:
        total = kind != "TypedDict" or not any(
            x.arg == "total" and isinstance(x.value, ast.Constant) and x.value.value is False
            for x in node.keywords
        )
        fields: dict[str, Field] = {}
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(
                statement.target, ast.Name
            ):
                continue
            hint, name = statement.annotation, statement.target.id
            marks = _marks(hint)
            if "InitVar" in marks:
                return None
            if "ClassVar" in marks:
                continue
            required = _required(statement.value, kind)
            if required is None:
                return None
            if kind == "TypedDict":
                required = (total or "Required" in marks) and "NotRequired" not in marks
            fields[name] = Field(self.type_of(module, hint), required)
        return fields | {name: Field(UNKNOWN, False) for name in _set_later(node) - fields.keys()}


def _tells(node: ast.ClassDef, kind: str) -> bool:
    """Whether nothing in a class can give it other fields than are written."""
    options = {one.arg for one in node.keywords}
    if options - _HARMLESS.get(kind, {"total"} if kind == "TypedDict" else set()):
        return False
    bound = {one.name for one in names.bindings(node)}
    if kind != "BaseModel":
        return not any(isinstance(x, ast.If | ast.For | ast.With | ast.Try) for x in node.body)
    decorators = [
        decorator for x in node.body if isinstance(x, Function) for decorator in x.decorator_list
    ]
    named = all(isinstance(x, ast.Name) and x.id in _KNOWN_METHODS for x in decorators)
    return named and not bound & {"model_config", "Config"}


def _required(value: ast.expr | None, kind: str) -> bool | None:
    """Whether a field with this default must be given; None where it may be anything."""
    if value is None:
        return True
    if not isinstance(value, ast.Call):
        return kind == "BaseModel" and isinstance(value, ast.Constant) and value.value is ...
    called = value.func.attr if isinstance(value.func, ast.Attribute) else ""
    called = value.func.id if isinstance(value.func, ast.Name) else called
    if called not in ("field", "Field"):
        return False
    options = {one.arg for one in value.keywords}
    if options & {None, "init", "name", "alias", "validation_alias", "serialization_alias",
                  "exclude"}:  # fmt: skip
        return None
    first = value.args[0] if value.args else None
    if first is not None:
        return isinstance(first, ast.Constant) and first.value is ...
    return not options & {"default", "default_factory"}


def _marks(hint: ast.expr) -> set[str]:
    """Names and attributes anywhere in a hint; those of a hint that is text too."""
    text = isinstance(hint, ast.Constant) and isinstance(hint.value, str)
    if text:
        try:
            hint = ast.parse(str(hint.value), mode="eval").body  # type: ignore[attr-defined]
        except SyntaxError:
            return set()
    return {x.id for x in ast.walk(hint) if isinstance(x, ast.Name)} | {
        x.attr for x in ast.walk(hint) if isinstance(x, ast.Attribute)
    }


def _set_later(node: ast.ClassDef) -> set[str]:
    """Attributes that its own methods set on anything."""
    return {
        x.attr
        for x in ast.walk(node)
        if isinstance(x, ast.Attribute) and not isinstance(x.ctx, ast.Load)
    }
