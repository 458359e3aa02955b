"""What the daemon sends, as it comes: the frames of a log, the pieces of an archive.

Source: Docker Engine API 1.41, "Attach to a container", "Stream format".
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import requests
from urllib3.exceptions import HTTPError

_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr"}
_HEADER_BYTES = 8


@dataclass(frozen=True)
class Frame:
    """What one write of a container became. `stream` is "stdout" or "stderr"."""

    stream: str
    content: bytes


def frames(answer: requests.Response) -> Iterator[Frame]:
    """The frames of an answer, to its end; a connection that is lost ends it too."""
    with answer, suppress(HTTPError, OSError):
        while len(header := answer.raw.read(_HEADER_BYTES)) == _HEADER_BYTES:
            kind, length = struct.unpack(">BxxxL", header)
            yield Frame(_STREAMS.get(kind, "stdout"), answer.raw.read(length))


class PullStream(io.RawIOBase):
    """Pieces of bytes as a file to be read once."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def buffered(self) -> BinaryIO:
        return io.BufferedReader(self, 1024 * 1024)
