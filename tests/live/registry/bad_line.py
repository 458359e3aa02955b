"""A bad line to a registry: it cuts connections, answers in the registry's place, alters bytes.

What it does is drawn from a seed, and it does so a certain number of times; then it is a good line.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_BUSY = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
_BROKEN = b"HTTP/1.1 %d Broken\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"

_STATUSES = (500, 502, 503)
_BODY_BYTES = 16384
"""Longer than any headers."""
_IDLE_SECONDS = 2.0
"""Altered lengths have both sides wait for one another."""


@dataclass
class BadLine:
    """How a connection goes wrong is drawn anew for each, as long as there are `faults` left."""

    host: str
    seed: int
    faults: int
    wild: bool = False
    """Whether it alters requests and headers too, and not long bodies alone."""
    address: str = ""
    done: list[str] = field(default_factory=list)
    """What was done, in order."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> tuple[str, int]:
        """What to do with a connection, and after how many bytes of it."""
        with self._lock:
            if len(self.done) >= self.faults or (self.done and self._random.random() < 0.4):
                return "", 0
            kind = self._random.choice(
                ["refuse", "busy", "broken", "cut up", "cut down", "flip up", "flip down", "end"]
            )
            self.done.append(kind)
            return kind, int(10 ** self._random.uniform(1, 5.7))

    def serve(self, client: socket.socket) -> None:
        kind, after = self.draw()
        client.settimeout(_IDLE_SECONDS)
        with client:
            if kind == "refuse":
                return
            if kind in ("busy", "broken"):
                with suppress(OSError):
                    client.recv(65536)
                    client.sendall(_BUSY if kind == "busy" else _BROKEN % _STATUSES[after % 3])
                return
            name, _, port = self.host.partition(":")
            with socket.create_connection((name, int(port)), _IDLE_SECONDS) as server:
                self._pass(client, server, kind, after)

    def _pass(self, client: socket.socket, server: socket.socket, kind: str, after: int) -> None:
        up = kind if kind.endswith("up") else ""
        down = kind if kind in ("cut down", "flip down", "end") else ""
        threads = [
            threading.Thread(target=self._copy, args=(client, server, up, after), daemon=True),
            threading.Thread(target=self._copy, args=(server, client, down, after), daemon=True),
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def _copy(self, source: socket.socket, target: socket.socket, kind: str, after: int) -> None:
        """All bytes of one direction; from the one number `after` on, what `kind` says of them."""
        passed = 0
        with suppress(OSError):
            while chunk := source.recv(65536):
                beyond = passed + len(chunk) > after
                if kind.startswith("flip") and beyond:
                    if self.wild or len(chunk) >= _BODY_BYTES:
                        chunk, kind = _altered(chunk, max(0, after - passed)), ""
                elif kind and beyond:
                    target.sendall(chunk[: after - passed])
                    break
                target.sendall(chunk)
                passed += len(chunk)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR if kind.startswith("cut") else socket.SHUT_WR)


def _altered(chunk: bytes, where: int) -> bytes:
    altered = bytearray(chunk)
    altered[where] ^= 1 << (where % 8)
    return bytes(altered)


@contextmanager
def bad_line(host: str, seed: int, faults: int, wild: bool = False) -> Iterator[BadLine]:
    """A bad line to `host`, at `address`, while the block runs."""
    line = BadLine(host, seed, faults, wild)
    listener = socket.create_server(("127.0.0.1", 0))
    line.address = f"127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=_accept, args=(listener, line), daemon=True).start()
    try:
        yield line
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, line: BadLine) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=line.serve, args=(client,), daemon=True).start()
