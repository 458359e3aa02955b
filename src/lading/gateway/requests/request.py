"""A line of the request log as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from lading.gateway.requests.format import INSIDE

_LATEST_US = 10**17
"""In the year 5138; datetime ends soon after."""
# As in `lading_runtime.tracing`: of one that servers take for none, calls say nothing either.
_TRACEPARENT = re.compile(
    r"(?!ff|00.{53}-)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?"
)
# What `lading_runtime.tracing` puts there: the call's own span, and that of the request it was made
# for, where that one came with any.
_MEMBER = re.compile(r"lading=([0-9a-f]{16})(?:-([0-9a-f]{16}))?")
_LIKE_A_SERVICE = re.compile(r"/([a-z](?:[a-z0-9-]*[a-z0-9])?)/.")


@dataclass(frozen=True)
class Request:
    """A request that passed the gateway, written down once it was over.

    Times are whole microseconds, of `began_us` since 1970 and of all others since `began_us`.
    `trace_id` and `span_id` are those it came with, empty where it came with none. `path` has no
    query. `status` is 0 where the client went away before there was any answer.
    """

    began_us: int
    duration_us: int
    status: int
    request_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    caller: Caller | None = None
    inside: bool = False
    """Whether a service made it, by the socket that only services have."""
    method: str = ""
    path: str = ""
    service: str = ""
    """Empty where no service has the path."""
    replica: str = ""
    """The address that was tried last."""
    sent_us: int | None = None
    """When the last try had been sent; None where none was."""
    answered_us: int | None = None
    """When the first byte of its answer came."""
    bytes_in: int = 0
    bytes_out: int = 0
    tries: int = 0
    flags: tuple[str, ...] = ()
    """Envoy's response flags."""
    details: str = ""
    """Envoy's response code details."""

    @property
    def ended_us(self) -> int:
        """Since 1970."""
        return self.began_us + self.duration_us

    @property
    def meant(self) -> str:
        """The service, or what a path such as one has names in its place; empty where none is."""
        if self.service:
            return self.service
        found = _LIKE_A_SERVICE.match(self.path)
        return found[1] if found else ""

    @property
    def is_stray(self) -> bool:
        """Whether its path is that of nothing, as what browsers and scanners ask for unbidden."""
        return self.status == 404 and not self.meant

    @property
    def failed(self) -> bool:
        """Whether its caller got no answer, no whole one, or one that says so."""
        return self.status == 0 or self.status >= 400 or bool(self.flags)


@dataclass(frozen=True)
class Caller:
    """What the last call through our own client, here or further up, said of itself."""

    span_id: str
    """Of that call. It is another than the request's own where a service in between has spans of
    its own; that call then led to the request's caller."""
    made_for: str = ""
    """The span of the request that call was made for; empty where that one came with none."""


class _Line(msgspec.Struct):
    time: str
    status: int = 0
    id: str = ""
    traceparent: str = ""
    tracestate: str = ""
    method: str = ""
    path: str = ""
    service: str = ""
    replica: str = ""
    us: int | None = None
    ms: int = 0
    sent_us: int | None = None
    answered_us: int | None = None
    bytes_in: int = msgspec.field(default=0, name="in")
    bytes_out: int = msgspec.field(default=0, name="out")
    tries: int = 0
    flags: str = ""
    details: str = ""
    door: str = ""


_DECODER = msgspec.json.Decoder(_Line)


def parse(line: bytes) -> Request | None:
    """None for a line that was cut off, by a crash or a full disk."""
    try:
        found = _DECODER.decode(line)
        began_us = int(found.time.replace(".", "", 1))
    except (msgspec.DecodeError, ValueError):
        return None
    if not 0 <= began_us < _LATEST_US:
        return None
    trace = _TRACEPARENT.fullmatch(found.traceparent)
    member = next(filter(None, map(_member, found.tracestate.split(","))), None) if trace else None
    return Request(
        began_us=began_us,
        duration_us=found.ms * 1000 if found.us is None else found.us,
        status=found.status,
        request_id=found.id,
        trace_id=trace[1] if trace else "",
        span_id=trace[2] if trace else "",
        caller=member,
        inside=found.door == INSIDE,
        method=found.method,
        path=found.path,
        service=found.service,
        replica=found.replica,
        sent_us=found.sent_us,
        answered_us=found.answered_us,
        bytes_in=found.bytes_in,
        bytes_out=found.bytes_out,
        tries=found.tries,
        flags=tuple(flag for flag in found.flags.split(",") if flag not in ("", "-")),
        details=found.details,
    )


def _member(text: str) -> Caller | None:
    found = _MEMBER.fullmatch(text.strip())
    return Caller(found[1], found[2] or "") if found else None
