"""What replicas wrote, kept after their containers are gone, with what became of them.

One file a service, a JSON object a line: `time`, `replica`, `stream` ("stdout", "stderr", or
"lading" for our own words) and `text`.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lading.engines.engine import LogLine

LARGEST_BYTES = 8 * 1024**2
"""Past this a file becomes `.old`, and the `.old` before it is gone."""

_PIECE_LINES = 1000


@dataclass(frozen=True)
class Line:
    """A line of a service's history. `replica` is "revision.slot"."""

    time: datetime
    replica: str
    stream: str
    text: str


class History:
    """The history of one app's services, in `folder`. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def keep(self, service: str, replica: str, lines: Iterable[LogLine]) -> None:
        """Add what a replica wrote."""
        self._append(service, (Line(one.time, replica, one.stream, one.text) for one in lines))

    def tell(self, service: str, replica: str, text: str) -> None:
        """Add a sentence of ours, now."""
        self._append(service, [Line(datetime.now(UTC), replica, "lading", text)])

    def read(self, service: str) -> Iterator[Line]:
        """Oldest first. A line that was cut off by a crash is passed over."""
        for path in (self._path(service, ".old"), self._path(service)):
            if path.exists():
                with path.open(encoding="utf-8", errors="replace") as stream:
                    yield from (line for text in stream if (line := _parse(text)))

    def tail(self, service: str, start: int) -> tuple[list[Line], int]:
        """Whole lines of the newest file from byte `start` on, and the byte to go on from.

        A file that is shorter than `start` is a new one, and read from its beginning.
        """
        path = self._path(service)
        try:
            with path.open("rb") as stream:
                stream.seek(start if path.stat().st_size >= start else 0)
                begin = stream.tell()
                whole = stream.read().rpartition(b"\n")[0]
        except FileNotFoundError:
            return [], 0
        texts = whole.decode(errors="replace").splitlines()
        end = begin + len(whole) + 1 if whole else begin
        return [line for text in texts if (line := _parse(text))], end

    def services(self) -> list[str]:
        """Names of services that have a history, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.jsonl"))

    def _append(self, service: str, lines: Iterable[Line]) -> None:
        written = map(_text, lines)
        # In pieces: a container may have written much more than is kept.
        while piece := "".join(itertools.islice(written, _PIECE_LINES)):
            self._write(service, piece)

    def _write(self, service: str, text: str) -> None:
        path = self._path(service)
        with self._lock:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.exists() and path.stat().st_size > LARGEST_BYTES:
                path.replace(self._path(service, ".old"))
            with path.open("a", encoding="utf-8") as stream:
                stream.write(text)

    def _path(self, service: str, suffix: str = "") -> Path:
        return self._folder / f"{service}.jsonl{suffix}"


def _text(line: Line) -> str:
    document = {
        "time": line.time.isoformat(),
        "replica": line.replica,
        "stream": line.stream,
        "text": line.text,
    }
    return json.dumps(document) + "\n"


def _parse(text: str) -> Line | None:
    try:
        found = json.loads(text)
        return Line(
            datetime.fromisoformat(found["time"]),
            found["replica"],
            found["stream"],
            found["text"],
        )
    except (ValueError, KeyError, TypeError):
        return None
