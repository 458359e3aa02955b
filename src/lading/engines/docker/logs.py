"""Lines of a log, out of the frames that the daemon sends: `TIME TEXT`, one a write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lading.engines.docker.streams import Frame
from lading.engines.engine import LogLine


def lines(frames: Iterable[Frame]) -> Iterator[LogLine]:
    """Whole lines. A long one comes in several frames, each with a time of its own."""
    begun: dict[str, tuple[datetime, bytes]] = {}
    for frame in frames:
        stamp, _, text = frame.content.partition(b" ")
        moment = _time(stamp.decode(errors="replace"))
        if moment is None:
            continue
        moment, text = _after(begun.pop(frame.stream, None), (moment, text))
        if text.endswith(b"\n"):
            yield _line(frame.stream, (moment, text))
        else:
            begun[frame.stream] = moment, text
    for stream, part in begun.items():
        yield _line(stream, part)


def _after(
    before: tuple[datetime, bytes] | None, more: tuple[datetime, bytes]
) -> tuple[datetime, bytes]:
    return (before[0], before[1] + more[1]) if before else more


def _line(stream: str, part: tuple[datetime, bytes]) -> LogLine:
    moment, text = part
    return LogLine(moment, stream, text.removesuffix(b"\n").decode(errors="replace"))


def _time(stamp: str) -> datetime | None:
    try:
        # Nanoseconds; datetime keeps six of the nine digits.
        return datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return None
