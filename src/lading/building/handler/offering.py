"""What a handler takes and gives, as its text says; nothing is imported."""

from __future__ import annotations

import ast
from pathlib import Path

from lading.building.contracts.contract import Argument, Contract
from lading.building.contracts.types import UNKNOWN, Listed, Plain, Record, Type
from lading.building.handler import arguments
from lading.building.handler.annotations import STREAMS, Annotations, parsed_hint
from lading.building.handler.classes import Method, methods, of_function
from lading.building.handler.finding import find
from lading.building.handler.judging import yields
from lading.building.handler.names import Function
from lading.building.handler.sources import OnDisk
from lading.errors import SettingsError

_BATCH = "predict_batch"


def contract(source: Path, handler: str, python: str) -> Contract | None:
    """Of `module:attribute` in a folder; None where the text does not tell."""
    sources = OnDisk(source, python)
    name, _, attribute = handler.partition(":")
    module = sources.module(name)
    try:
        defined = find(sources, module, attribute) if module else None
        if defined is None:
            return None
        if isinstance(defined.node, Function):
            alone = of_function(defined.module, defined.node)
            role = _BATCH if defined.node.name == _BATCH else "predict"
            found: dict[str, Method] | None = {role: alone}
        else:
            found = methods(sources, defined)
    except SettingsError:
        return None  # said by those who judge handlers
    if not found:
        return None
    reading = Annotations(sources)
    single = _of_predict(reading, found["predict"]) if "predict" in found else None
    several = _of_batches(reading, found[_BATCH]) if _BATCH in found else None
    if len(found) == 1:
        return single or several
    return _of_both(single, several) if single and several else None


def _of_both(single: Contract, several: Contract) -> Contract:
    """What a request is held to depends on the types of both: they are told where they agree."""
    taken = {
        name: one
        if _same(one, several.arguments.get(name))
        else Argument(UNKNOWN, required=False, where=one.where)
        for name, one in single.arguments.items()
    }
    result = single.result if single.result == several.result else UNKNOWN
    return Contract(taken, result, single.where)


def _same(one: Argument, other: Argument | None) -> bool:
    return other is not None and (one.type, one.required) == (other.type, other.required)


def _of_predict(reading: Annotations, method: Method) -> Contract | None:
    node, module = method.node, method.module
    if node is None or node.args.vararg or node.args.kwarg:
        return None
    named = arguments.named(node, method.is_method)
    optional = _optional(node)
    taken = {
        one.arg: Argument(
            _of(reading, method, one.annotation),
            one.arg not in optional,
            module.where(one.lineno),
        )
        for one in named
    }
    streams = yields(node) or _is_stream(reading, method, node.returns)
    result = UNKNOWN if streams else _of(reading, method, node.returns)
    return Contract(taken, result, module.where(node.lineno), streams)


def _of_batches(reading: Annotations, method: Method) -> Contract | None:
    node = method.node
    named = arguments.named(node, method.is_method) if node else []
    if node is None or len(named) != 1 or node.args.vararg or node.args.kwarg:
        return None
    where = method.module.where(node.lineno)
    given = _of(reading, method, named[0].annotation)
    result = _of(reading, method, node.returns)
    one = result.item if isinstance(result, Listed) else UNKNOWN
    item = given.item if isinstance(given, Listed) else UNKNOWN
    if isinstance(item, Record):
        taken = {
            name: Argument(UNKNOWN if item.is_lax else x.type, x.required, item.where)
            for name, x in item.fields.items()
        }
        return Contract(taken, one, where)
    if not isinstance(item, Plain):
        return None
    name = named[0].arg
    alone = name[:-1] if name.endswith("s") and len(name) > 1 else name
    return Contract({alone: Argument(item, True, method.module.where(named[0].lineno))}, one, where)


def _of(reading: Annotations, method: Method, hint: ast.expr | None) -> Type:
    """Unknown where a name of the hint is one that the class itself binds."""
    parsed = parsed_hint(hint)
    if parsed is None:
        return UNKNOWN
    used = {x.id for x in ast.walk(parsed) if isinstance(x, ast.Name)}
    bound = {one for one in used if one in method.bound_by_class}
    return UNKNOWN if bound else reading.type_of(method.module, parsed)


def _is_stream(reading: Annotations, method: Method, hint: ast.expr | None) -> bool:
    parsed = parsed_hint(hint)
    base = parsed.value if isinstance(parsed, ast.Subscript) else parsed
    found = reading.origin(method.module, base) if base is not None else None
    return found is not None and found.name in STREAMS


def _optional(node: Function) -> set[str]:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    with_default = positional[len(positional) - len(given.defaults) :]
    keyword = [x for x, y in zip(given.kwonlyargs, given.kw_defaults, strict=True) if y is not None]
    return {one.arg for one in [*with_default, *keyword]}
