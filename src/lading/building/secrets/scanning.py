"""Looks through a file, from its start to its end, in the pieces in which it is read.

A file of text is searched for every kind; a file of bytes, and a text so large that it is data, for
those kinds alone that are exact: a private key, a token with an unmistakable beginning.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from lading.building.layers import regular
from lading.building.secrets import assignments
from lading.building.secrets.finding import Finding
from lading.building.secrets.kinds import KINDS, Kind

CHUNK_BYTES = 1 << 20
TEXT_BYTES = 8 << 20
"""A larger text is data: searching 100 MB of it for everything takes some 3 s."""
_OVERLAP = 4096
"""More than the longest match."""
_SNIFFED = 8192
_EXACT = tuple(kind for kind in KINDS if kind.exact)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_RUN = 20
"""Every match of an exact kind has as many characters of a token in a row, or more."""
_IS_TOKEN = bytes(
    0x61 if chr(one).isascii() and (chr(one).isalnum() or chr(one) in "+/=_.-") else 0x20
    for one in range(256)
)
PRAGMAS = (b"pragma: allowlist secret", b"gitleaks:allow")
"""On a line, they say that there is no secret: of detect-secrets and of gitleaks."""
_NEXT_LINE = b"pragma: allowlist nextline secret"


def scan(path: Path, name: str, size: int) -> list[Finding]:
    """What is found in the file at `path`, which findings call `name`. Raises OSError."""
    one = Scan(name, size)
    with regular.opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            one.feed(chunk)
    return one.found


def scan_text(text: str, name: str) -> list[Finding]:
    """As `scan`, of what is no file."""
    one = Scan(name, len(text))
    one.feed(text.encode("utf-8", "replace"))
    return one.found


class Scan:
    """A search through one file. `found` grows while it is fed."""

    def __init__(self, name: str, size: int) -> None:
        self.found: list[Finding] = []
        self._name = name
        self._size = size
        self._kinds: tuple[Kind, ...] | None = None
        self._tail = b""
        self._lines_before = 0
        self._at = 0
        """Where in the file the tail begins."""
        self._seen: set[tuple[str, int]] = set()

    def feed(self, chunk: bytes) -> None:
        """The next piece of it."""
        if self._kinds is None:
            chunk = self._begun(chunk)
        window = self._tail + chunk
        self._search(window)
        kept = max(0, len(window) - _OVERLAP)
        self._lines_before += window.count(b"\n", 0, kept) if self._is_text else 0
        self._at += kept
        self._tail = window[kept:]

    def _begun(self, chunk: bytes) -> bytes:
        if chunk[:2] in _UTF16 and self._size <= min(TEXT_BYTES, len(chunk)):
            chunk = chunk.decode("utf-16", "replace").encode()
        self._is_text = b"\0" not in chunk[:_SNIFFED]
        self._kinds = KINDS if self._is_text and self._size <= TEXT_BYTES else _EXACT
        return chunk

    def _search(self, window: bytes) -> None:
        if self._kinds is _EXACT and b"a" * _RUN not in window.translate(_IS_TOKEN):
            return  # numbers and weights: this look takes a twentieth of the time
        for kind in self._kinds or ():
            if any(word in window for word in kind.words):
                for start, end, secret in _matches(kind, window):
                    shown = secret[: kind.shown].decode("ascii", "replace")
                    self._add(window, start, end, Finding("", 0, kind.name, kind.what, shown))
        if self._kinds is KINDS:
            low = window.lower()
            if any(word in low for word in assignments.WORDS):
                name = self._name.rpartition("/")[2]
                for one in assignments.found(window, name):
                    finding = Finding("", 0, assignments.KIND, assignments.WHAT)
                    self._add(window, one.start, one.end, finding)

    def _add(self, window: bytes, start: int, end: int, what: Finding) -> None:
        key = (what.kind, self._at + start)
        if key in self._seen or _is_waved_through(window, start, end):
            return
        self._seen.add(key)
        line = self._lines_before + window.count(b"\n", 0, start) + 1 if self._is_text else 0
        said = Finding(self._name, line, what.kind, what.what, what.shown)
        # A token that is a password too is told once, by the kind that knows it better.
        if not any((one.line, one.path) == (line, self._name) and line for one in self.found):
            self.found.append(said)


def _matches(kind: Kind, window: bytes) -> Iterator[tuple[int, int, bytes]]:
    for match in kind.expression.finditer(window):
        secret = match.groupdict().get("secret") or match[0]
        if kind.judge(secret.decode("utf-8", "replace")):
            yield match.start(), match.end(), secret


def _is_waved_through(window: bytes, start: int, end: int) -> bool:
    """Whether the lines that it is on, or the one above them, carry a pragma."""
    begin = window.rfind(b"\n", 0, start) + 1
    stop = window.find(b"\n", end)
    lines = window[begin : stop if stop >= 0 else len(window)]
    above = window[window.rfind(b"\n", 0, max(0, begin - 1)) + 1 : begin]
    return any(pragma in lines for pragma in PRAGMAS) or _NEXT_LINE in above
