"""Requests by wrk: how many a second, and how long each took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.programs import MeasurementError, call

SCRIPT = Path(__file__).with_name("predict.lua")
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Load:
    """What a server carried over some connections, for some seconds."""

    rate: float
    """Right answers a second."""
    p50: float
    """In seconds, as p99."""
    p99: float
    errors: int
    """Answers that were none, and connections that broke or took too long."""


def load(
    url: str, bodies: Path, connections: int, seconds: float, media_type: str | None = None
) -> Load:
    """One thread of wrk that posts the lines of `bodies` in turn; with a media type, the whole
    file. Raises MeasurementError."""
    printed = call(
        "wrk", "--threads", "1", "--connections", str(connections),
        "--duration", f"{max(1, round(seconds))}s", "--timeout", f"{_TIMEOUT_SECONDS}s",
        "--script", SCRIPT, url, "--", bodies,
        *([media_type] if media_type else []),
    )  # fmt: skip
    try:
        found = json.loads(printed.splitlines()[-1])
    except (IndexError, ValueError):
        raise MeasurementError(f"wrk said nothing of what it found: {printed[-500:]}") from None
    right = found["requests"] - found["status"]
    return Load(
        right / (found["microseconds"] / 1e6),
        found["p50"] / 1e6,
        found["p99"] / 1e6,
        found["status"] + found["broken"],
    )
