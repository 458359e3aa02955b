"""A response's bytes (RFC 9110, RFC 9112)."""

from __future__ import annotations

import time

from ..exchange import Response

REASONS = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 417: "Expectation Failed", 422: "Unprocessable Content",
    429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
}  # fmt: skip
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


class Heads:
    """Response heads; what is the same for a second is put together once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._begun: dict[tuple[int, str], bytes] = {}

    def whole(self, response: Response, ending: bytes) -> bytes:
        """The head of an answer whose length is known."""
        return b"%bcontent-length: %d\r\nx-request-id: %b\r\n%b%b\r\n" % (
            self._begin(response.status, response.media_type),
            len(response.body),
            response.request_id.encode("latin-1"),
            _fields(response) if response.headers else b"",
            ending,
        )

    def stream(self, response: Response, ending: bytes) -> bytes:
        """The head of one that is sent piece by piece."""
        return b"%bx-request-id: %b\r\n%b%b\r\n" % (
            self._begin(response.status, response.media_type),
            response.request_id.encode("latin-1"),
            _fields(response),
            ending,
        )

    def _begin(self, status: int, media_type: str) -> bytes:
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._begun.clear()
        begun = self._begun.get((status, media_type))
        if begun is None:
            text = (
                f"HTTP/1.1 {status} {REASONS[status]}\r\ndate: {_date(now)}\r\n"
                f"content-type: {media_type}\r\n"
            )
            begun = self._begun[status, media_type] = text.encode("latin-1")
        return begun


def chunk(data: bytes) -> bytes:
    """A piece of a body whose length is not known (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _fields(response: Response) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in response.headers.items()]
    return "".join(lines).encode("latin-1")


def _date(now: int) -> str:
    t = time.gmtime(now)
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{_DAYS[t.tm_wday]}, {t.tm_mday:02} {_MONTHS[t.tm_mon - 1]} {t.tm_year} {clock} GMT"
