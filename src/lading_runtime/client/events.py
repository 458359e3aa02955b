"""Server-sent events, read as they come (HTML Living Standard, 9.2.6)."""

from __future__ import annotations

from typing import NamedTuple

MEDIA_TYPE = "text/event-stream"


class Event(NamedTuple):
    """`kind` is `message` where the stream names none."""

    kind: str
    data: bytes


class Events:
    """Fed with bytes however they are cut; gives whole events. What is left at the end is none."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = b""
        self._data: list[bytes] = []
        self._first = True

    def feed(self, data: bytes) -> list[Event]:
        """The events that are complete now."""
        lines = (self._rest + data).splitlines(keepends=True)
        # A carriage return may be half of a line's end, so it waits for what follows.
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        found = []
        for line in lines:
            text = line.rstrip(b"\r\n")
            if self._first:
                self._first = False
                text = text[3:] if text.startswith(b"\xef\xbb\xbf") else text
            if text:
                self._field(text)
            elif self._data:
                found.append(
                    Event(
                        self._kind.decode("utf-8", "replace") or "message", b"\n".join(self._data)
                    )
                )
                self._kind, self._data = b"", []
            else:
                self._kind = b""
        return found

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._kind = value
