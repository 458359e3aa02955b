"""The door's process: listens for gRPC until it is told to stop, or the server is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

FAILED = 1
NEEDS_GRPCIO = "LADING_GRPC: gRPC needs the package grpcio, which is not installed; install it"
_TOGETHER = 512
"""Calls at a time; each is a connection to the server."""
_PASSING_SECONDS = 0.02


@dataclass(frozen=True)
class Door:
    """Both addresses are `unix:/path` or `host:port`."""

    address: str
    front: str
    message_bytes: int
    grace_seconds: float


def main(arguments: Sequence[str]) -> int:
    """`address front message_bytes grace_seconds`; standard input ends when the server does.

    Returns the exit code: 0 stopped, 1 cannot listen.
    """
    address, front, message_bytes, grace_seconds = arguments
    door = Door(address, front, int(message_bytes), float(grace_seconds))
    try:
        import uvloop
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_serve(door))


async def _serve(door: Door) -> int:
    import grpc.aio

    from .front import Front
    from .service import Service

    front = Front(door.front)
    server = grpc.aio.server(
        handlers=Service(front).handlers(),
        options=[
            ("grpc.max_receive_message_length", door.message_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=_TOGETHER,
    )
    stop = _told_to_stop()
    try:
        bound = server.add_insecure_port(door.address)
    except RuntimeError:
        bound = 0
    if not bound:
        sys.stderr.write(f"LADING_GRPC: cannot listen on {door.address}\n")
        return FAILED
    await server.start()
    _say("listening")
    await stop.wait()
    stopping = asyncio.ensure_future(server.stop(door.grace_seconds))
    # Calls that came before are on their way to the server after this: it may close its socket.
    await asyncio.sleep(_PASSING_SECONDS)
    _say("leaving")
    await stopping
    front.close()
    return 0


def _say(word: str) -> None:
    """To the server, which waits for it."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()


def _told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT, and by the end of standard input: the server has ended."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def heard() -> None:
        if not os.read(0, 1):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, heard)
    return stop
