"""Requests and responses as values, and a response's bytes (RFC 9110, RFC 9112)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

REASONS = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 417: "Expectation Failed", 422: "Unprocessable Content",
    431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 503: "Service Unavailable", 504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}  # fmt: skip
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


class Request(NamedTuple):
    """A whole request. Header names are lower case; repeated ones are joined by ', '."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    version: str
    keep_alive: bool


class Response(NamedTuple):
    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str]


def encode(response: Response, *, close: bool, head_only: bool, version: str) -> bytes:
    """The response on the wire; `head_only` for an answer to HEAD."""
    lines = [
        f"HTTP/1.1 {response.status} {REASONS[response.status]}",
        f"date: {_date(int(time.time()))}",
        f"content-type: {response.media_type}",
        f"content-length: {len(response.body)}",
    ]
    lines.extend(f"{name}: {value}" for name, value in response.headers.items())
    if close:
        lines.append("connection: close")
    elif version == "1.0":
        lines.append("connection: keep-alive")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if head_only else head + response.body


def _date(now: int, last: list[object] = [0, ""]) -> str:  # noqa: B006 - the cache of one second
    if last[0] != now:
        t = time.gmtime(now)
        clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
        day = f"{t.tm_mday:02} {_MONTHS[t.tm_mon - 1]} {t.tm_year}"
        last[:] = [now, f"{_DAYS[t.tm_wday]}, {day} {clock} GMT"]
    return str(last[1])
