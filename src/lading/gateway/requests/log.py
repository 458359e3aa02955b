"""The files of the request log: found in, and kept bounded."""

from __future__ import annotations

import mmap
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lading.gateway.requests.request import Request, parse

LARGEST_BYTES = 64 * 1024**2
"""Past this the file becomes `.old`, and the `.old` before it is gone."""

_SANE = re.compile(r"[!#-\[\]-~]+")
"""Text that JSON, and so the log, has as it is: printable ASCII without blanks, " and \\."""


@dataclass(frozen=True)
class RequestLog:
    """The request log in `folder`. Envoy writes it, and opens it anew when it is told to."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where Envoy writes."""
        return self.folder / "requests.jsonl"

    @property
    def old(self) -> Path:
        return self.folder / "requests.jsonl.old"

    def make_folder(self) -> None:
        """Envoy makes the file, not the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def moved_aside(self) -> bool:
        """Bound it: move aside a file that is too large; whether Envoy must open a new one.

        Also when one was moved and nobody lived to tell Envoy: it still writes to the old one.
        """
        try:
            if self.path.stat().st_size <= LARGEST_BYTES:
                return False
        except FileNotFoundError:
            return True
        self.path.replace(self.old)
        return True

    def read(self) -> Iterator[Request]:
        """All, in the order in which they were over."""
        for path in (self.old, self.path):
            if path.exists():
                with path.open("rb") as lines:
                    yield from (found for line in lines if (found := parse(line)))

    def latest(self, most_bytes: int) -> list[Request]:
        """As `read`, but no more than the end of the log."""
        found: list[Request] = []
        for path in (self.path, self.old):
            with _mapped(path) as content:
                begin = max(0, len(content) - most_bytes)
                begin = content.find(b"\n", begin) + 1 if begin else 0
                lines = content[begin:].splitlines()
                found = [one for line in lines if (one := parse(line))] + found
                most_bytes -= len(content) - begin
            if most_bytes <= 0:
                break
        return found

    def named(self, names: Collection[str], beginning: bool = False) -> list[Request]:
        """Requests whose own id, or whose trace's, is one of `names`, or begins with one."""
        sought = [re.escape(name.encode()) for name in names if _SANE.fullmatch(name)]
        if not sought:
            return []
        any_of = b"(?:%s)" % b"|".join(sought)
        end = (b"", b"") if beginning else (b'"', b"-")
        pattern = re.compile(
            rb'"id":"%b%b|"traceparent":"[0-9a-f]{2}-%b%b' % (any_of, end[0], any_of, end[1])
        )
        lines = dict.fromkeys(
            line for path in (self.old, self.path) for line in _with(pattern, path)
        )
        return [found for line in lines if (found := parse(line))]

    def begins_us(self) -> int | None:
        """When the oldest request that is still told of began; None while there is none."""
        return next((one.began_us for one in self.read()), None)


def _with(pattern: re.Pattern[bytes], path: Path) -> Iterator[bytes]:
    """Lines in which it is found; one with two finds comes twice."""
    with _mapped(path) as content:
        for found in pattern.finditer(content):
            begin = content.rfind(b"\n", 0, found.start()) + 1
            end = content.find(b"\n", found.end())
            yield content[begin : end if end >= 0 else len(content)]


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as found:
            yield found
    except FileNotFoundError:
        yield b""
    except ValueError:  # an empty file cannot be mapped
        yield b""
