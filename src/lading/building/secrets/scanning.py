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
from lading.building.secrets.kind import Kind
from lading.building.secrets.kinds import KINDS

CHUNK_BYTES = 1 << 20
TEXT_BYTES = 8 << 20
"""A larger text is data: searching 100 MB of it for everything takes some 3 s."""
_OVERLAP = 4096
"""More than the longest match."""
_SNIFFED = 8192
_EXACT = tuple(kind for kind in KINDS if kind.exact)
_COMPARED = 8
"""A line that holds one kind many times is told of once."""
_RUN = 20
"""Every match of an exact kind has as many characters of a token in a row, or more."""
_IS_TOKEN = bytes(
    0x61 if chr(one).isascii() and (chr(one).isalnum() or chr(one) in "+/=_.-") else 0x20
    for one in range(256)
)
ZIP = b"PK\x03\x04"
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
"""How files of gzip, bzip2 and xz begin."""
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


def start_of(path: Path) -> bytes:
    """As much of a file as tells what it is. Raises OSError."""
    with regular.opened(path) as file:
        return file.read(512)


def is_archive(start: bytes) -> bool:
    """Whether a file that begins so is packed; `archives.py` unpacks it."""
    return start.startswith((ZIP, *PACKED)) or is_tar(start)


def is_tar(start: bytes) -> bool:
    """Whether it is a tar, unpacked (POSIX.1-2017, "ustar interchange format")."""
    return start[257:262] == b"ustar"


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
        self._spans: list[tuple[int, int]] = []
        """Of what was found in the tail, from and to, in the file."""
        self._decoder: codecs.IncrementalDecoder | None = None
        """Of a text that is not in ASCII's bytes."""

    def feed(self, chunk: bytes) -> None:
        """The next piece of it."""
        if self._kinds is None:
            self._begin(chunk)
        if self._decoder:
            chunk = self._decoder.decode(chunk).encode("utf-8", "replace")
        window = self._tail + chunk
        self._search(window)
        kept = max(0, len(window) - _OVERLAP)
        self._lines_before += window.count(b"\n", 0, kept) if self._is_text else 0
        self._at += kept
        self._spans = [one for one in self._spans if one[1] > self._at]
        self._tail = window[kept:]

    def _begin(self, chunk: bytes) -> None:
        sniffed = chunk[:_SNIFFED]
        if encoding := _utf16(sniffed):
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._is_text = bool(encoding) or b"\0" not in sniffed
        self._kinds = KINDS if self._is_text and self._size <= TEXT_BYTES else _EXACT

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
        at, to = self._at + start, self._at + end
        # Told once where pieces overlap; and a token that is a password too, by the kind that
        # knows it better.
        if any(at < other_to and other < to for other, other_to in self._spans):
            return
        if _is_waved_through(window, start, end):
            return
        self._spans.append((at, to))
        line = self._lines_before + window.count(b"\n", 0, start) + 1 if self._is_text else 0
        said = Finding(self._name, line, what.kind, what.what, what.shown)
        if said not in self.found[-_COMPARED:]:
            self.found.append(said)


def _utf16(start: bytes) -> str:
    """The encoding of a file that begins so, if it is UTF-16; empty for any other."""
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    even, odd = start[0::2], start[1::2]
    # Of Latin letters every other byte is 0, and none of the others.
    if len(start) >= 8 and not any(odd) and 0 not in even[: len(odd)]:
        return "utf-16-le"
    return "utf-16-be" if len(start) >= 8 and not any(even) and 0 not in odd else ""


def _matches(kind: Kind, window: bytes) -> Iterator[tuple[int, int, bytes]]:
    for match in kind.expression.finditer(window):
        named = match.groupdict()
        secret = named.get("secret") or named.get("login") or match[0]
        if kind.judge(secret.decode("utf-8", "replace")):
            yield match.start(), match.end(), secret


def _is_waved_through(window: bytes, start: int, end: int) -> bool:
    """Whether the lines that it is on, or the one above them, carry a pragma."""
    begin = window.rfind(b"\n", 0, start) + 1
    stop = window.find(b"\n", end)
    lines = window[begin : stop if stop >= 0 else len(window)]
    above = window[window.rfind(b"\n", 0, max(0, begin - 1)) + 1 : begin]
    return any(pragma in lines for pragma in PRAGMAS) or _NEXT_LINE in above
