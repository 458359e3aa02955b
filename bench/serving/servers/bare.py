"""`python bare.py`: the least that answers a prediction; what everything else is held against.

It parses HTTP, gathers what one turn of the event loop received (at most BENCH_BATCH at a time),
predicts and answers. It checks nothing, counts nothing, limits nothing, and has one route.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque

import httptools
import msgspec
import uvloop
from digits import Digits


class Body(msgspec.Struct):
    """{"input": [64 numbers]}"""

    input: list[float]


class Gathering:
    """Requests of one turn of the loop, answered together once the turn has read them all."""

    def __init__(self, loop: asyncio.AbstractEventLoop, handler: Digits, most: int) -> None:
        self._loop = loop
        self._handler = handler
        self._most = most
        self._waiting: deque[tuple[Client, list[float]]] = deque()
        self._called = False

    def add(self, client: Client, row: list[float]) -> None:
        self._waiting.append((client, row))
        if not self._called:
            self._called = True
            self._loop.call_soon(self._answer)

    def _answer(self) -> None:
        self._called = False
        while self._waiting:
            count = min(self._most, len(self._waiting))
            taken = [self._waiting.popleft() for _ in range(count)]
            answers = self._handler.predict_batch([row for _, row in taken])
            for (client, _), answer in zip(taken, answers, strict=True):
                client.answer(answer)


class Client(asyncio.Protocol):
    """One connection; also what httptools calls while it parses."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._decoder = msgspec.json.Decoder(Body)
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._gathering.add(self, self._decoder.decode(self._body).input)

    def answer(self, digit: int) -> None:
        body = b"%d" % digit
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


async def main() -> None:
    loop = asyncio.get_running_loop()
    gathering = Gathering(loop, Digits(), int(os.environ["BENCH_BATCH"]))
    port = int(os.environ["BENCH_PORT"])
    server = await loop.create_server(lambda: Client(gathering), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
