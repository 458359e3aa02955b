"""Type hints are the schema: what a handler takes and gives, read from its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Optional, Union

import msgspec

from . import constraints, expecting, hints, inner, sets, streams
from .completing import complete, needed
from .extensions import known
from .hints import SignatureError
from .records import Record


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
    shadow: Optional[inner.Shadow] = None
    """What its classes' own fields are held against after decoding."""

    def finish(self, value: Any) -> None:
        """What msgspec leaves to do with a decoded value. Raises msgspec.ValidationError."""
        if self.completes:
            complete(value)
        if self.shadow is not None:
            inner.check(self.shadow, value)

    @property
    def takes_bytes(self) -> bool:
        """Whether a file may be given as it is."""
        return any(known.takes_file(choice) for choice in hints.choices(self.hint))

    @property
    def is_list(self) -> bool:
        return hints.origin(self.hint) in (list, tuple, set, frozenset)

    @property
    def item_takes_bytes(self) -> bool:
        return self.is_list and any(known.takes_file(x) for x in hints.arguments(self.hint))


@dataclass(frozen=True)
class Signature:
    """What predict takes and gives. `result` is None where it is not annotated."""

    parameters: tuple[Parameter, ...]
    result: Any
    input_type: type[msgspec.Struct]
    """A Struct with one field an argument, in order: what the body's JSON is decoded as."""
    streams: bool = False
    """Whether results come one after the other; `result` is the type of one of them."""
    annotation: Any = None
    """The return hint as it stands."""
    record: Optional[Record] = None
    """What the arguments become together before predict_batch gets them, if anything."""


def read(predict: Callable[..., Any]) -> Signature:
    """Raises SignatureError when an argument is untyped or of a type that cannot be served."""
    try:
        signature = inspect.signature(predict)
    except ValueError as error:
        raise SignatureError(f"predict has no signature that can be read: {error}") from error
    parameters = tuple(_argument(x, predict) for x in signature.parameters.values())
    annotation = signature.return_annotation
    if annotation is inspect.Signature.empty:
        result = None
    else:
        result = hints.evaluate("return", annotation, predict)
    return signature_of(parameters, result, streamed=streams.streams(predict, result))


def signature_of(
    parameters: tuple[Parameter, ...],
    result: Any,
    *,
    streamed: bool = False,
    record: Optional[Record] = None,
) -> Signature:
    """Of arguments that are known from elsewhere than a function, such as a model."""
    item = streams.item(result) if streamed else result
    return Signature(parameters, item, _input_type(parameters), streamed, result, record)


def parameter(
    name: str, hint: Any, where: str = "predict", *, required: bool = True, default: Any = None
) -> Parameter:
    """One argument of `where`. Raises SignatureError for a type that cannot be served."""
    hint = constraints.translate(hint)
    nodes = _nodes(name, hint, where)
    shadow = inner.shadow(hint)
    if shadow is not None:
        _nodes(name, shadow.hint, where)
    expected = expecting.expected(hint)
    return Parameter(name, hint, required, default, expected, needed(nodes), shadow)


def _argument(argument: inspect.Parameter, function: Any) -> Parameter:
    name = argument.name
    if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
        stars = "*" if argument.kind is argument.VAR_POSITIONAL else "**"
        raise SignatureError(
            f"parameter '{stars}{name}' of predict cannot be served; name each argument"
        )
    if argument.kind is argument.POSITIONAL_ONLY:
        raise SignatureError(
            f"parameter '{name}' of predict is positional-only; arguments are passed by name"
        )
    if argument.annotation is argument.empty:
        raise SignatureError(
            f"parameter '{name}' of predict has no type; add one, such as '{name}: str'"
        )
    hint = hints.evaluate(name, argument.annotation, function)
    required = argument.default is argument.empty
    return parameter(name, hint, required=required, default=None if required else argument.default)


def _nodes(name: str, hint: Any, where: str) -> list[Any]:
    """Every type that a hint consists of, as msgspec describes them."""
    try:
        msgspec.json.Decoder(hint, dec_hook=known.decode)
        tree = msgspec.inspect.type_info(hint)
    except Exception as error:
        raise _refused(name, where, str(error)) from error
    nodes = list(_walk(tree, set()))
    for node in nodes:
        if sets.unhashable(node):
            raise _refused(name, where, sets.WHY)
        if isinstance(node, msgspec.inspect.CustomType) and not known.owns(node.cls):
            kind = getattr(node.cls, "__qualname__", node.cls)
            raise _refused(name, where, f"{kind} is not a type with a schema")
    return nodes


def _refused(name: str, where: str, why: str) -> SignatureError:
    return SignatureError(f"parameter '{name}' of {where} has a type that cannot be served: {why}")


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
