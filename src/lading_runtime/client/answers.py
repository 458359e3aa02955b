"""An answer as it is read, piece by piece (RFC 9112)."""

from __future__ import annotations

from typing import Optional

import httptools


class BrokenAnswer(ValueError):  # noqa: N818 - a state
    """Bytes that are no answer of HTTP/1.1."""


class Answer:
    """Fed with what comes; `head` is true once status and headers are known.

    Header names are lower case; repeated ones are joined by a comma. `begun` tells whether anything
    came at all, `whole` whether all did, and `keep` whether the connection may be used again.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.begun = False
        self.head = False
        self.whole = False
        self.keep = False
        self._body: list[bytes] = []
        self._ends_with_connection = False
        self._parser: Optional[httptools.HttpResponseParser] = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Raises BrokenAnswer."""
        self.begun = True
        if self._parser is None:
            self.keep = False
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.whole:
                raise BrokenAnswer(str(error) or "an upgrade that nobody asked for") from None
            self.keep = False
        if self.whole:
            self._parser = None  # they refer to one another

    def end(self) -> bool:
        """The connection was closed; returns whether the answer is whole by that."""
        self._parser = None
        self.keep = False
        self.whole = self.whole or self._ends_with_connection
        return self.whole

    def take(self) -> bytes:
        """What came of the body since."""
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        return body

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self.whole:  # another answer, that nobody asked for
            self.keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.whole:
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        if self._parser is None or self.whole:
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        self.head = True
        self.keep = self._parser.should_keep_alive()
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        self._ends_with_connection = not framed

    def on_body(self, data: bytes) -> None:
        if not self.whole:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self.head:
            self.whole = True
        else:  # informational (RFC 9110, 15.2): the answer itself is still to come
            self.headers.clear()
