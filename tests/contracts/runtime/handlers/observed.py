"""Handlers that write down what they begin and end; written as for Python 3.9."""

# ruff: noqa: UP006, UP035

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import AsyncIterator, Iterator, List

from lading_runtime import service, tracing


def noted(tag: str, seconds: float = 0.0) -> str:
    sys.stderr.write(f"begun {tag}\n")
    time.sleep(seconds)
    sys.stderr.write(f"ended {tag}\n")
    return tag


class Together:
    def predict_batch(self, tags: List[str]) -> List[List[str]]:
        sys.stderr.write(f"begun {len(tags)}\n")
        time.sleep(0.5 if "slow" in tags else 0.0)
        return [[tag, str(len(tags))] for tag in tags]


class LoadsForLong:
    def __init__(self) -> None:
        time.sleep(30)

    def predict(self, number: int) -> int:
        return number


class TogetherLater:
    async def predict_batch(self, seconds: List[float]) -> List[float]:
        sys.stderr.write(f"begun {len(seconds)}\n")
        await asyncio.sleep(max(seconds))
        return seconds


async def pauses(seconds: float, blocking: bool = False) -> float:
    if blocking:
        time.sleep(seconds)
    else:
        await asyncio.sleep(seconds)
    return seconds


async def gives_up(how: str) -> str:
    if how == "exits":
        raise SystemExit(3)
    if how == "cancelled":
        raise asyncio.CancelledError
    return how


def holds_on(to: int) -> Iterator[int]:
    """Does not let itself be closed in peace."""
    try:
        for number in range(to):
            time.sleep(0.005)
            yield number
    finally:
        if to > 100:
            yield -1


async def breaks_off(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number
    raise asyncio.CancelledError


def counted(to: int, seconds: float = 0.0) -> Iterator[int]:
    sys.stderr.write(f"begun {to}\n")
    for number in range(to):
        yield number
        time.sleep(seconds)


def holds(text: str) -> bool:
    """Never lets go of the interpreter while it looks at what almost matches."""
    return re.fullmatch("(a|a)*b", text) is not None


def told() -> List[str]:
    """The trace, its caller's span left out, and the request id that this is done for."""
    context = tracing.current()
    assert context is not None
    return [context.trace.trace_id, context.trace.state, context.request_id]


def relayed() -> List[List[str]]:
    return [told(), service("other").predict()]
