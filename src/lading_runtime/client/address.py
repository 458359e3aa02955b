"""Where the gateway is: `http://host:port[/prefix]` or `unix:/path`."""

from __future__ import annotations

import functools
from typing import NamedTuple
from urllib.parse import urlsplit


class Address(NamedTuple):
    """`socket_path` is empty for TCP. `prefix` begins every path; empty or without a last slash."""

    host: str
    port: int
    socket_path: str = ""
    prefix: str = ""

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def __str__(self) -> str:
        if self.socket_path:
            return f"unix:{self.socket_path}"
        return f"http://{self.authority}{self.prefix}"


@functools.lru_cache(maxsize=16)
def read(text: str) -> Address:
    """Raises ValueError, which says what was expected."""
    if text.startswith("unix:"):
        path = text[5:]
        if path.startswith("///"):
            path = path[2:]
        if not path.startswith("/") or path.startswith("//"):
            raise _unreadable(text)
        return Address("localhost", 80, path)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _unreadable(text) from None
    plain = text.isascii() and text.isprintable() and " " not in text
    if parts.scheme != "http" or not parts.hostname or parts.query or parts.fragment or not plain:
        raise _unreadable(text)
    if parts.username is not None:
        raise _unreadable(text)
    return Address(parts.hostname, 80 if port is None else port, "", parts.path.rstrip("/"))


def _unreadable(text: str) -> ValueError:
    return ValueError(f"expected http://host:port[/prefix] or unix:/path, got {text!r}")
