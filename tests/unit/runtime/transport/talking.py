"""A client and a connection over a real socket; the answerer answers when it is told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from lading_runtime.configuration import Limits
from lading_runtime.exchange import Exchange, Request, Response
from lading_runtime.problem import MEDIA_TYPE, Problem
from lading_runtime.transport.connection import Common, Connection

LIMITS = Limits()
GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b"


@dataclass
class Asked:
    """A request under way, and what the transport told of it."""

    request: Request
    exchange: Exchange
    abandoned: int = 0
    resumed: int = 0

    def abandon(self) -> None:
        self.abandoned += 1

    def resume(self) -> None:
        self.resumed += 1

    def answer(self, body: bytes | memoryview = b"here", **more: Any) -> None:
        self.exchange.answer(Response(200, body, "id", "text/plain", **more))

    def begin(self) -> None:
        self.exchange.begin(Response(200, b"", "id", "text/event-stream"))


@dataclass
class Desk:
    """Answers what is asked for under `/now` at once, and everything else never by itself."""

    asked: list[Asked] = field(default_factory=list)

    def handle(self, request: Request, exchange: Exchange) -> Asked | None:
        one = Asked(request, exchange)
        self.asked.append(one)
        if request.target.startswith("/now"):
            one.answer(request.target.encode())
            return None
        return one

    def refusal(self, problem: Problem) -> Response:
        return Response(problem.status, problem.encode("id"), "id", MEDIA_TYPE, problem.headers)


@dataclass
class Talk:
    """A client that reads and writes by itself, and the server's side of it."""

    desk: Desk
    connection: Connection
    client: socket.socket
    common: Common

    async def say(self, raw: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.client, raw)

    async def hear(self, ending: bytes = b"") -> bytes:
        """Up to these bytes, or to the end."""
        heard = bytearray()
        while not (ending and heard.endswith(ending)):
            reading = asyncio.get_running_loop().sock_recv(self.client, 1 << 20)
            piece = await asyncio.wait_for(reading, 10)
            if not piece:
                assert not ending, bytes(heard)
                break
            heard += piece
        return bytes(heard)

    async def asked(self, number: int) -> Asked:
        await until(lambda: len(self.desk.asked) > number)
        return self.desk.asked[number]


async def until(happened: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + 10
    while not happened():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.001)


@asynccontextmanager
async def talking(limits: Limits = LIMITS) -> AsyncIterator[Talk]:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    desk, common = Desk(), Common()
    _, connection = await loop.connect_accepted_socket(
        lambda: Connection(desk, limits, common), ours
    )
    with theirs:
        yield Talk(desk, connection, theirs, common)
        connection.abort()
        await until(lambda: not common.connections)
