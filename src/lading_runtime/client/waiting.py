"""Steps that say what they wait for, and two ways to wait: a thread's and a coroutine's.

A step is a generator. It never blocks, but yields a `Ready`, a `Pause` or a `Lookup`, and is sent
what became of it.
"""

from __future__ import annotations

import asyncio
import math
import select
import socket
import time
from collections.abc import Generator
from typing import Any, NamedTuple, Optional, TypeVar, Union


class Ready(NamedTuple):
    """Until the socket can be read, or written if that is asked too; sent back: whether in time.

    `until` is on the clock of `time.monotonic`; None waits for ever.
    """

    descriptor: int
    write: bool
    until: Optional[float]


class Pause(NamedTuple):
    seconds: float


class Lookup(NamedTuple):
    """Addresses of a host; sent back: those of `getaddrinfo`, or why there are none."""

    host: str
    port: int


T = TypeVar("T")
Need = Union[Ready, Pause, Lookup]
Steps = Generator[Need, Any, T]


def run(steps: Steps[T]) -> T:
    """Take the steps, blocking this thread."""
    try:
        need = next(steps)
        while True:
            need = steps.send(_wait(need))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        steps.close()


async def drive(steps: Steps[T]) -> T:
    """Take the steps as a coroutine, on asyncio's own event loop or on uvloop's."""
    try:
        need = next(steps)
        while True:
            need = steps.send(await _wait_async(need))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        steps.close()


def _wait(need: Need) -> Any:
    if isinstance(need, Ready):
        watch = select.poll()
        watch.register(need.descriptor, select.POLLIN | (select.POLLOUT if need.write else 0))
        if need.until is None:
            return bool(watch.poll())
        return bool(watch.poll(max(0, math.ceil((need.until - time.monotonic()) * 1000))))
    if isinstance(need, Pause):
        time.sleep(need.seconds)
        return None
    try:
        return socket.getaddrinfo(need.host, need.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for a label that is too long
        return error


async def _wait_async(need: Need) -> Any:
    loop = asyncio.get_running_loop()
    if isinstance(need, Ready):
        return await _ready(loop, need)
    if isinstance(need, Pause):
        await asyncio.sleep(need.seconds)
        return None
    try:
        return await loop.getaddrinfo(need.host, need.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for a label that is too long
        return error


async def _ready(loop: asyncio.AbstractEventLoop, need: Ready) -> bool:
    came: asyncio.Future[bool] = loop.create_future()
    alarm = None
    if need.until is not None:
        alarm = loop.call_later(max(0.0, need.until - time.monotonic()), _settle, came, False)
    loop.add_reader(need.descriptor, _settle, came, True)
    if need.write:
        loop.add_writer(need.descriptor, _settle, came, True)
    try:
        return await came
    finally:
        # Before the socket can be closed: its number may be another's at once.
        loop.remove_reader(need.descriptor)
        if need.write:
            loop.remove_writer(need.descriptor)
        if alarm is not None:
            alarm.cancel()


def _settle(came: asyncio.Future[bool], in_time: bool) -> None:
    if not came.done():
        came.set_result(in_time)
