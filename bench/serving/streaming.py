"""Server-sent events from a generator: how soon the first comes, and how many a second."""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from bench.figure import Figure, duration, spread
from bench.programs import MeasurementError
from bench.sample import Sample
from bench.serving import environments
from bench.serving.peers import OURS
from bench.serving.start import NotAnsweredError, started
from bench.serving.tensors import per_second

FIRST_GOAL_SECONDS = 0.002
RATE_GOAL = 20_000
_PATH = "/events/predict"
_FEW = 5
_MANY = 100_000
_STREAMS = 300
_CHUNK_BYTES = 262_144
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Stream:
    """An answer that was read to its end; seconds since its request was sent."""

    events: int
    first_seconds: float
    last_seconds: float


def measure(rounds: int) -> list[Figure]:
    """Starts our runtime with a handler that counts. Raises MeasurementError."""
    peer = replace(
        OURS, path=_PATH,
        command=tuple("events:Counting" if x == "digits:Digits" else x for x in OURS.command),
    )  # fmt: skip
    home = environments.make(peer.environment, peer.packages)
    with started(peer, home, "cheap", _right) as one:
        _whole(one.port, _MANY // 10)
        firsts = [_first(one.port) for _ in range(rounds)]
        rates = [_MANY / _whole(one.port, _MANY).last_seconds for _ in range(rounds)]
    return _figures(Sample(tuple(firsts)), Sample(tuple(rates)))


def _figures(first: Sample, rate: Sample) -> list[Figure]:
    return [
        Figure(
            "streaming: the first event", spread(first), "", duration(first.median),
            f"≤ {duration(FIRST_GOAL_SECONDS)}", first.median <= FIRST_GOAL_SECONDS,
            f"from the request to the first event, the median of {_STREAMS} requests, each over a "
            "connection of its own",
        ),
        Figure(
            "streaming: events a second", spread(rate, per_second), "", per_second(rate.median),
            f"≥ {per_second(RATE_GOAL)}", rate.median >= RATE_GOAL,
            f"{_MANY:,} events of one generator over one connection",
        ),
    ]  # fmt: skip


def _right(port: int) -> bool:
    return stream(port, _FEW).events == _FEW


def _first(port: int) -> float:
    return statistics.median(stream(port, _FEW).first_seconds for _ in range(_STREAMS))


def _whole(port: int, count: int) -> Stream:
    found = stream(port, count)
    if found.events != count:
        raise MeasurementError(f"{found.events:,} of {count:,} events came")
    return found


def stream(port: int, count: int) -> Stream:
    """Asks for `count` events, and reads them all. Raises NotAnsweredError."""
    body = json.dumps({"count": count})
    request = (
        f"POST {_PATH} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}"
    )
    try:
        with closing(socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = time.perf_counter()
            connection.sendall(request.encode())
            return _read(connection, begun)
    except OSError as error:
        raise NotAnsweredError(f"{_PATH}: {error}") from error


def _read(connection: socket.socket, begun: float) -> Stream:
    answer = bytearray()
    first = None
    for chunk in _chunks(connection):
        answer += chunk
        if first is None and b"data:" in answer:
            first = time.perf_counter() - begun
    last = time.perf_counter() - begun
    if first is None or not answer.startswith(b"HTTP/1.1 200"):
        raise NotAnsweredError(f"{_PATH}: no events: {bytes(answer[:300])!r}")
    # An event may lie in two chunks of the transfer coding, its own line never does.
    return Stream(answer.count(b"data:"), first, last)


def _chunks(connection: socket.socket) -> Iterator[bytes]:
    while chunk := connection.recv(_CHUNK_BYTES):
        yield chunk
