"""A client that costs little: one kept connection, one prepared request."""

from __future__ import annotations

import socket
from contextlib import suppress

_BOUNDARY = "lading-bench"
_CHUNK_BYTES = 65536


class Connection:
    """An HTTP/1.1 connection to `unix:/path` or `host:port`. Raises OSError."""

    def __init__(self, address: str, timeout_seconds: float = 30.0) -> None:
        if path := address.partition("unix:")[2]:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(timeout_seconds)
            self._socket.connect(path)
        else:
            host, _, port = address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)), timeout_seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer, which must have a Content-Length."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = _length(head)
        while len(body) < length:
            body += self._more()
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        if more := self._socket.recv(_CHUNK_BYTES):
            return more
        raise ConnectionResetError("closed before the answer was whole")


def prediction(path: str, picture: bytes) -> bytes:
    """A request that sends a picture as the argument `image`."""
    body = (
        (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="i.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + picture
        + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def answered(address: str, request: bytes) -> bytes | None:
    """The body of a 200 over a connection of its own; None for anything else."""
    with suppress(OSError):
        connection = Connection(address, timeout_seconds=10)
        try:
            status, body = connection.ask(request)
            return body if status == 200 else None
        finally:
            connection.close()
    return None


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
