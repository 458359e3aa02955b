"""A real HTTP server on a UNIX socket or a port, whose answers the test writes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


Script = Callable[[Request], bytes]
"""Returns the bytes of the answer, as they go over the wire; none closes the connection."""


@dataclass
class Scripted:
    gateway: str
    script: Script
    requests: list[Request] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection from this side."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections.append(connection)
            number = len(self.connections)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as file, suppress(OSError):
            while request := _read(file, number):
                self.requests.append(request)
                answer = self.script(request)
                if not answer:
                    return
                connection.sendall(answer)


def _read(file: object, number: int) -> Request | None:
    line = file.readline().decode().strip()  # type: ignore[attr-defined]
    if not line:
        return None
    headers = {}
    while text := file.readline().decode().strip():  # type: ignore[attr-defined]
        name, _, value = text.partition(": ")
        headers[name] = value
    body = file.read(int(headers["content-length"]))  # type: ignore[attr-defined]
    return Request(line, headers, body, number)


@contextmanager
def scripted(script: Script, folder: Path | None = None) -> Iterator[Scripted]:
    """On a UNIX socket in `folder`, else on a port."""
    if folder is None:
        listening = socket.create_server(("127.0.0.1", 0))
        gateway = f"http://127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(folder / "s"))
        listening.listen()
        gateway = f"unix:{folder / 's'}"
    server = Scripted(gateway, script)
    accepting = threading.Thread(target=server._accept, args=(listening,), daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        server.hang_up()
        accepting.join(5)


def answer(
    body: bytes = b'"done"', status: int = 200, kind: str = "application/json", **headers: str
) -> bytes:
    """A whole answer; underscores in names of headers stand for hyphens."""
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
