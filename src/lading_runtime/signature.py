"""Type hints are the schema: what a handler takes and gives, read from its signature."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Union

import msgspec

from . import arrays, wording
from .completing import needed

STREAMS = (
    collections.abc.Iterator,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
    collections.abc.Iterable,
    collections.abc.AsyncIterable,
)


class SignatureError(Exception):
    """A signature that cannot be served; the message names the parameter."""


@dataclass(frozen=True)
class Parameter:
    """One argument of predict. `expected` names its type to a client."""

    name: str
    hint: Any
    required: bool
    default: Any
    expected: str
    completes: bool
    """Whether its dataclasses have defaults that must be set after decoding."""

    @property
    def takes_bytes(self) -> bool:
        """Whether a file may be given as it is."""
        return bytes in {self.hint, *typing.get_args(_bare(self.hint))} and not self.is_list

    @property
    def is_list(self) -> bool:
        return typing.get_origin(_bare(self.hint)) in (list, tuple, set, frozenset)

    @property
    def item_takes_bytes(self) -> bool:
        return self.is_list and bytes in typing.get_args(_bare(self.hint))


@dataclass(frozen=True)
class Signature:
    """What predict takes and gives. `result` is None where it is not annotated."""

    parameters: tuple[Parameter, ...]
    result: Any
    input_type: type[msgspec.Struct]
    """A Struct with one field an argument, in order: what the body's JSON is decoded as."""


def read(predict: Callable[..., Any]) -> Signature:
    """Raises SignatureError when an argument is untyped or of a type that cannot be served."""
    try:
        signature = inspect.signature(predict)
    except ValueError as error:
        raise SignatureError(f"predict has no signature that can be read: {error}") from error
    function = inspect.unwrap(getattr(predict, "__func__", predict))
    parameters = tuple(
        _parameter(parameter, function) for parameter in signature.parameters.values()
    )
    result = _result(signature.return_annotation, function)
    return Signature(parameters, result, _input_type(parameters))


def _parameter(parameter: inspect.Parameter, function: Any) -> Parameter:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
        raise SignatureError(
            f"parameter '{stars}{name}' of predict cannot be served; name each argument"
        )
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise SignatureError(
            f"parameter '{name}' of predict is positional-only; arguments are passed by name"
        )
    if parameter.annotation is parameter.empty:
        raise SignatureError(
            f"parameter '{name}' of predict has no type; add one, such as '{name}: str'"
        )
    hint = _evaluate(name, parameter.annotation, function)
    nodes = _nodes(name, hint)
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    return Parameter(name, hint, required, default, wording.expected(hint), needed(nodes))


def _result(annotation: Any, function: Any) -> Any:
    if annotation is inspect.Signature.empty:
        return None
    hint = _evaluate("return", annotation, function)
    if typing.get_origin(hint) in STREAMS or hint in STREAMS:
        raise SignatureError("predict returns an iterator; streamed answers are not yet supported")
    return hint


def _evaluate(name: str, annotation: Any, function: Any) -> Any:
    # A class with this one annotation, so that an error is that of this parameter alone.
    alone = type("alone", (), {"__annotations__": {name: annotation}})
    scope = dict(getattr(function, "__globals__", {}))
    try:
        return typing.get_type_hints(alone, scope, include_extras=True)[name]
    except Exception as error:
        raise SignatureError(
            f"the type of '{name}' of predict cannot be read: {type(error).__name__}: {error}"
        ) from error


def _nodes(name: str, hint: Any) -> list[Any]:
    """Every type that a hint consists of, as msgspec describes them."""
    try:
        msgspec.json.Decoder(hint, dec_hook=arrays.decode)
        tree = msgspec.inspect.type_info(hint)
    except Exception as error:
        raise _refused(name, str(error)) from error
    nodes = list(_walk(tree, set()))
    for node in nodes:
        if isinstance(node, msgspec.inspect.CustomType) and not arrays.is_array(node.cls):
            kind = getattr(node.cls, "__qualname__", node.cls)
            raise _refused(name, f"{kind} is not a type with a schema")
    return nodes


def _refused(name: str, why: str) -> SignatureError:
    return SignatureError(f"parameter '{name}' of predict has a type that cannot be served: {why}")


def _walk(node: Any, seen: set[int]) -> Iterator[Any]:
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    for name in getattr(node, "__struct_fields__", ()):
        value = getattr(node, name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, (msgspec.inspect.Type, msgspec.inspect.Field)):
                yield from _walk(child, seen)


def _input_type(parameters: tuple[Parameter, ...]) -> type[msgspec.Struct]:
    # Fields are a0, a1, … so that no argument's name can collide with what a Struct has.
    fields: list[Any] = []
    for index, parameter in enumerate(parameters):
        if parameter.required:
            fields.append((f"a{index}", parameter.hint))
        else:
            fields.append((f"a{index}", _or_unset(parameter.hint), msgspec.UNSET))
    return msgspec.defstruct(
        "Arguments",
        fields,
        rename={f"a{i}": parameter.name for i, parameter in enumerate(parameters)},
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _or_unset(hint: Any) -> Any:
    return Union[hint, msgspec.UnsetType]


def _bare(hint: Any) -> Any:
    """Without `Annotated`."""
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint
