"""The graph's input and output as a signature, so that it is served as any handler's is.

A type is a word (`str`, `int`, `float`, `bool`, `bytes`, `any`, `none`) or a list that begins with
one: `["list", T]`, `["dict", T]`, `["union", T, …]`, `["literal", value, …]`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

import msgspec

from ..handlers.signature import Parameter, Signature, parameter, signature_of
from .document import Argument, Graph

_WORDS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "bytes": bytes,
    "any": Any,
    "none": None,
}


def signature(graph: Graph) -> Signature:
    """Raises ValueError, SignatureError for types that nobody can be asked for."""
    arguments = tuple(map(_parameter, graph.input))
    result: Any = Annotated[Any, msgspec.Meta(extra_json_schema=dict(graph.result))]
    return signature_of(arguments, result if graph.result else None)


def hint(type_: Any) -> Any:
    """The type hint. Raises ValueError."""
    if isinstance(type_, str) and type_ in _WORDS:
        return _WORDS[type_]
    if not isinstance(type_, list) or len(type_) < 2:
        raise ValueError(f"expected a type, got {type_!r}")
    kind, *inside = type_
    if kind == "list":
        return list[hint(inside[0])]  # type: ignore[misc]
    if kind == "dict":
        return dict[str, hint(inside[0])]  # type: ignore[misc]
    if kind == "union":
        return Union[tuple(hint(one) for one in inside)]
    if kind == "literal":
        return Literal[tuple(inside)]
    raise ValueError(f"expected a type, got {type_!r}")


def _parameter(argument: Argument) -> Parameter:
    required = argument.default is msgspec.UNSET
    default = None if required else argument.default
    return parameter(
        argument.name, hint(argument.type), "the graph", required=required, default=default
    )
