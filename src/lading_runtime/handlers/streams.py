"""Handlers that give one result after the other: generators, and functions that return iterators.

A function streams when it yields, or when its return hint is `Iterator[T]` or one of its kin.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from . import hints
from .hints import SignatureError


def streams(function: Callable[..., Any], result: Any) -> bool:
    """Whether a function with this return hint (None: no hint) streams. Raises SignatureError."""
    yields = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    promised = hints.origin(result) in hints.STREAMS
    if yields and result is not None and result is not Any and not promised:
        shown = getattr(result, "__name__", result)
        raise SignatureError(
            f"{hints.called(function)} yields, but is said to return {shown}; "
            f"write '-> Iterator[{shown}]'"
        )
    return yields or promised


def item(result: Any) -> Any:
    """The type of one item of a streamed result; None where the hint leaves it open."""
    arguments = hints.arguments(result)
    return arguments[0] if arguments else None


def is_asynchronous(function: Callable[..., Any], result: Any) -> bool:
    """Whether what a streaming function gives is an asynchronous iterator, once `adapt`ed."""
    return (
        inspect.isasyncgenfunction(function)
        or inspect.iscoroutinefunction(function)
        or hints.origin(result) in hints.ASYNCHRONOUS_STREAMS
    )


def adapt(function: Callable[..., Any], result: Any) -> Callable[..., Any]:
    """The function, giving an iterator (an asynchronous one where `is_asynchronous`) as called."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return function
    if inspect.iscoroutinefunction(function):
        return _awaited(function)
    if hints.origin(result) in hints.ASYNCHRONOUS_STREAMS:
        return function
    return _iterated(function)


def _awaited(function: Callable[..., Any]) -> Callable[..., AsyncIterator[Any]]:
    async def predict(**arguments: Any) -> AsyncIterator[Any]:
        items = await function(**arguments)
        if hasattr(items, "__aiter__"):
            async for one in items:
                yield one
        else:
            for one in items:
                yield one

    return predict


def _iterated(function: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def predict(**arguments: Any) -> Iterator[Any]:
        return iter(function(**arguments))

    return predict
