"""Sets whose items can be in none: found when a handler is loaded, not by its first request."""

from __future__ import annotations

import typing
from typing import Any

import msgspec

WHY = "the items of a set need a hash, which lists, dicts and most classes lack; write list"

_TABLES = (msgspec.inspect.SetType, msgspec.inspect.FrozenSetType)
_NEVER = (
    msgspec.inspect.ListType,
    msgspec.inspect.SetType,
    msgspec.inspect.DictType,
    msgspec.inspect.TypedDictType,
)
_CLASSES = (
    msgspec.inspect.StructType,
    msgspec.inspect.DataclassType,
    msgspec.inspect.CustomType,
)


def unhashable(node: Any) -> bool:
    """Whether a type, as msgspec describes it, is a set (or dict) of what has no hash."""
    if isinstance(node, _TABLES):
        return _lacks_hash(node.item_type)
    return isinstance(node, msgspec.inspect.DictType) and _lacks_hash(node.key_type)


def _lacks_hash(node: Any) -> bool:
    if isinstance(node, _NEVER):
        return True
    if isinstance(node, msgspec.inspect.TupleType):
        return any(map(_lacks_hash, node.item_types))
    if isinstance(node, msgspec.inspect.VarTupleType):
        return _lacks_hash(node.item_type)
    if isinstance(node, msgspec.inspect.Metadata):
        return _lacks_hash(node.type)
    if isinstance(node, msgspec.inspect.UnionType):
        return all(map(_lacks_hash, node.types))
    return isinstance(node, _CLASSES) and _of_class(node.cls)


def _of_class(kind: Any) -> bool:
    kind = typing.get_origin(kind) or kind
    config = getattr(kind, "__struct_config__", None)
    if config is not None and kind.__hash__ is msgspec.Struct.__hash__:
        # That of every Struct, which refuses those that can change.
        return bool(config.eq and not config.frozen)
    return getattr(kind, "__hash__", None) is None
