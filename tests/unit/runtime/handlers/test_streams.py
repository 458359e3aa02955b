"""Handlers that stream: told by what they are or by their return hint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import pytest

from lading_runtime.handlers.handler import HandlerError
from lading_runtime.handlers.loading import handler_of


def yields(n: int):
    yield from range(n)


def gives_iterator(n: int) -> Iterator[int]:
    return iter(range(n))


def gives_iterable(n: int) -> Iterable[int]:
    return list(range(n))


async def yields_asynchronously(n: int) -> AsyncIterator[int]:
    for each in range(n):
        yield each


async def gives_awaited(n: int) -> AsyncIterator[int]:
    return yields_asynchronously(n)


async def gives_awaited_list(n: int) -> Iterable[int]:
    return range(n)


def gives_asynchronous(n: int) -> AsyncIterator[int]:
    return yields_asynchronously(n)


async def collected(items: AsyncIterator[int]) -> list[int]:
    return [item async for item in items]


@pytest.mark.parametrize("function", [yields, gives_iterator, gives_iterable])
def test_what_yields_or_returns_an_iterator_streams(function: Callable[..., Any]) -> None:
    handler = handler_of("m:f", function)
    assert (handler.streams, handler.asynchronous) == (True, False)
    items = handler.predict(n=3)
    assert next(items) == 0
    assert list(items) == [1, 2]


@pytest.mark.parametrize(
    "function", [yields_asynchronously, gives_awaited, gives_awaited_list, gives_asynchronous]
)
def test_asynchronous_ones_give_an_asynchronous_iterator(function: Callable[..., Any]) -> None:
    handler = handler_of("m:f", function)
    assert (handler.streams, handler.asynchronous) == (True, True)
    assert asyncio.run(collected(handler.predict(n=3))) == [0, 1, 2]


def test_the_type_of_an_item_is_known_where_it_is_hinted() -> None:
    assert handler_of("m:f", gives_iterator).signature.result is int
    assert handler_of("m:f", yields).signature.result is None


def test_a_stream_that_is_hinted_as_a_value_or_batched_is_refused() -> None:
    def wrong(n: int) -> str:
        yield n

    class Both:
        def predict(self, n: int) -> Iterator[int]: ...
        def predict_batch(self, ns: list[int]) -> list[int]: ...

    for target, message in (
        (wrong, "predict yields, but is said to return str; write '-> Iterator[str]'"),
        (Both(), "predict streams, and a stream has no batches; remove predict_batch"),
    ):
        with pytest.raises(HandlerError) as raised:
            handler_of("m:f", target)
        assert str(raised.value) == message
