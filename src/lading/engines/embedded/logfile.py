"""The log that conmon writes: one line an entry, `TIME STREAM P|F TEXT`.

Source: Kubernetes, CRI logging design. P is a part whose rest follows, F ends a line. conmon starts
the file anew when it is full, by renaming another over it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lading.engines.engine import LogLine

_POLL_SECONDS = 0.05


def read(file: Path) -> Iterator[LogLine]:
    """The lines of a log, oldest first; none when there is no file."""
    return follow(file, lambda: True)


def follow(file: Path, ended: Callable[[], bool]) -> Iterator[LogLine]:
    """The lines of a log as they come, until `ended` is true and all was read."""
    parts = _Parts()
    stream: BinaryIO | None = None
    try:
        while True:
            # Asked before reading: what is written before the end is then never missed.
            last = ended()
            stream = stream or _opened(file)
            if stream:
                yield from parts.lines(stream)
                if _replaced(file, stream):
                    yield from parts.lines(stream)
                    stream.close()
                    stream = None
                    continue
            if last:
                break
            time.sleep(_POLL_SECONDS)
        yield from parts.rest()
    finally:
        if stream:
            stream.close()


class _Parts:
    """Puts together lines that came in parts, for each stream apart."""

    def __init__(self) -> None:
        self._open: dict[str, list[str]] = {}
        self._times: dict[str, datetime] = {}
        self._unfinished = b""

    def lines(self, stream: BinaryIO) -> Iterator[LogLine]:
        for raw in stream:
            self._unfinished += raw
            if raw.endswith(b"\n"):
                entry, self._unfinished = self._unfinished[:-1], b""
                if line := self._entry(entry.decode(errors="replace")):
                    yield line

    def rest(self) -> Iterator[LogLine]:
        """What was begun and never ended with a newline."""
        for stream, parts in self._open.items():
            yield LogLine(self._times[stream], stream, "".join(parts))

    def _entry(self, entry: str) -> LogLine | None:
        stamp, _, rest = entry.partition(" ")
        stream, _, rest = rest.partition(" ")
        tag, _, text = rest.partition(" ")
        moment = _time(stamp)
        if moment is None or tag[:1] not in ("P", "F"):
            return None
        parts = self._open.setdefault(stream, [])
        moment = self._times.setdefault(stream, moment)
        parts.append(text)
        if tag[:1] == "P":
            return None
        del self._open[stream], self._times[stream]
        return LogLine(moment, stream, "".join(parts))


def _time(stamp: str) -> datetime | None:
    try:
        # Nanoseconds; datetime keeps six of the nine digits.
        return datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return None


def _opened(file: Path) -> BinaryIO | None:
    try:
        return file.open("rb")
    except FileNotFoundError:
        return None


def _replaced(file: Path, stream: BinaryIO) -> bool:
    try:
        return file.stat().st_ino != os.fstat(stream.fileno()).st_ino
    except FileNotFoundError:
        return False
