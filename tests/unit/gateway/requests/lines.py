"""Lines as the gateway writes them: of requests from outside, and of calls between services."""

from __future__ import annotations

import json
from typing import Any

from lading.gateway.requests.request import Request, parse

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BEGAN = 1_795_000_000


def span(name: str) -> str:
    """A span id that can be told by its first letters."""
    return name.encode().hex().ljust(16, "0")[:16]


def line(service: str, began: float, took: float, **fields: Any) -> bytes:
    """A request that was answered; `began` and `took` in ms."""
    written = {
        "time": f"{BEGAN + began / 1000:.6f}",
        "us": round(took * 1000),
        "ms": int(took),
        "id": "r-1",
        "method": "POST",
        "path": f"/{service}/predict",
        "service": service,
        "replica": f"/run/{service}.sock",
        "status": 200,
        "sent_us": 200,
        "answered_us": round(took * 1000) - 50,
        "in": 10,
        "out": 20,
        "tries": 1,
        "flags": "-",
        "details": "via_upstream",
        "door": "outside",
        **fields,
    }
    there = {key: value for key, value in written.items() if value is not None}
    return json.dumps(there, separators=(",", ":")).encode()


def request(service: str, began: float, took: float, **fields: Any) -> Request:
    """The same as a value."""
    found = parse(line(service, began, took, **fields))
    assert found is not None
    return found


def traced(own: str, trace: str = TRACE) -> dict[str, str]:
    """Fields of a request that came from outside with a trace."""
    return {"traceparent": f"00-{trace}-{span(own)}-01"}


def called(own: str, made_for: str = "", trace: str = TRACE) -> dict[str, str]:
    """Fields of a call by our client, within the answering of `made_for`."""
    member = f"lading={span(own)}-{span(made_for)}" if made_for else f"lading={span(own)}"
    return {**traced(own, trace), "tracestate": member, "door": "inside"}
