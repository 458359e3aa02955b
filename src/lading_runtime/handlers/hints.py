"""Type hints as Python objects: evaluated, unwrapped, told apart."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from typing import Any

SYNCHRONOUS_STREAMS = (
    collections.abc.Iterator,
    collections.abc.Generator,
    collections.abc.Iterable,
)
ASYNCHRONOUS_STREAMS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterable,
)
STREAMS = (*SYNCHRONOUS_STREAMS, *ASYNCHRONOUS_STREAMS)


class SignatureError(Exception):
    """A signature that cannot be served; the message names the parameter."""


def evaluate(name: str, annotation: Any, function: Any) -> Any:
    """A parameter's hint, strings in it resolved. Raises SignatureError."""
    # A class with this one annotation, so that an error is that of this parameter alone.
    alone = type("alone", (), {"__annotations__": {name: annotation}})
    inner = inspect.unwrap(getattr(function, "__func__", function))
    scope = dict(getattr(inner, "__globals__", {}))
    try:
        return typing.get_type_hints(alone, scope, include_extras=True)[name]
    except Exception as error:
        raise SignatureError(
            f"the type of '{name}' of {called(function)} cannot be read: "
            f"{type(error).__name__}: {error}"
        ) from error


def called(function: Any) -> str:
    """`predict_batch` for what is called so, else `predict`: the role, not a function's name."""
    return "predict_batch" if getattr(function, "__name__", "") == "predict_batch" else "predict"


def bare(hint: Any) -> Any:
    """Without `Annotated`."""
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint


def origin(hint: Any) -> Any:
    """`list` of `list[int]` and of `Annotated[list[int], …]`; `int` of `int`."""
    return typing.get_origin(bare(hint)) or bare(hint)


def arguments(hint: Any) -> tuple[Any, ...]:
    """`(int,)` of `list[int]`, also within `Annotated`."""
    return typing.get_args(bare(hint))


def choices(hint: Any) -> tuple[Any, ...]:
    """The members of a union; else the hint alone."""
    plain = bare(hint)
    is_union = typing.get_origin(plain) is typing.Union or type(plain).__name__ == "UnionType"
    return typing.get_args(plain) if is_union else (hint,)
