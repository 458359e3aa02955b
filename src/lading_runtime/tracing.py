"""The trace that a request belongs to, carried on to the services that its handler calls.

W3C Trace Context (https://www.w3.org/TR/trace-context/): the server gives each request a span of
its own in the trace that came, or in a new one, and makes it current while the handler runs. Calls
from inside the handler then say which request they were made for, and by when it must be answered.
A call's own member of `tracestate`, `lading=SPAN-PARENT`, says besides for which request it was
made, by the span that came with that one; `lading=SPAN` where none came. So who sees all requests,
as the gateway does, knows the whole tree without anybody writing spans. A service in between that
makes spans of its own leaves the member as it came, which then tells of the last call by this
client.

Everything here is an immutable value. Context variables reach coroutines, tasks and
`asyncio.to_thread`; a bare `threading.Thread` starts without a context.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import NamedTuple, Optional, Union

_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_PASSED_ON = {"00": "00", "01": "01", "02": "02", "03": "03"}
"""Flags that are known, `sampled` and `random`; others must not be passed on."""
_SAMPLED = "01"
"""Flags of a trace that begins here. Services that sample as their parent does would otherwise
record nothing, although nobody decided so."""
_MOST_STATE = 4096
"""Characters of `tracestate`; the standard asks for at least 512."""
_MOST_MEMBERS = 32
_MEMBER = "lading"
"""Our key in `tracestate`."""


class Trace(NamedTuple):
    """One span of a trace: 32, 16 and 2 lower-case hexadecimal digits, and the vendors' own."""

    trace_id: str
    span_id: str
    flags: str = _SAMPLED
    state: str = ""
    came_as: str = ""
    """The span that the request being answered came with; empty where it came with none."""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a request made within this span carries."""
        parent = ("traceparent", f"00-{self.trace_id}-{self.span_id}-{self.flags}")
        return (parent, ("tracestate", self.state)) if self.state else (parent,)


class Context(NamedTuple):
    """The request that is being answered. `deadline` is on the clock of `time.monotonic`."""

    request_id: str
    trace: Trace
    deadline: Optional[float] = None


class _Answering:
    """A request whose context is made when somebody asks for it; most handlers never do."""

    __slots__ = ("context", "deadline", "headers", "request_id")

    def __init__(self, request_id: str, headers: Mapping[str, str], deadline: float) -> None:
        self.request_id = request_id
        self.headers = headers
        self.deadline = deadline
        self.context: Optional[Context] = None


_current: ContextVar[Union[Context, _Answering, None]] = ContextVar("lading_request", default=None)


def received(headers: Mapping[str, str]) -> Trace:
    """A new span in the trace that a request names, or in a new trace where it names none.

    `headers` have lower-case names, and repeated ones joined by a comma. A `traceparent` that is
    not well-formed is as good as none, and its `tracestate` is dropped with it (section 3.3.1.5).
    """
    parent = headers.get("traceparent")
    found = _TRACEPARENT.fullmatch(parent) if parent is not None else None
    if found is None:
        return begun()
    version, trace_id, span_id, flags, more = found.groups()
    if version == "00" and more is not None:
        return begun()
    flags = _PASSED_ON.get(flags) or f"{int(flags, 16) & 3:02x}"
    state = headers.get("tracestate", "")
    return Trace(trace_id, _new_span(), flags, state if _can_be_sent(state) else "", span_id)


def begun() -> Trace:
    """The first span of a new trace."""
    return Trace(os.urandom(16).hex(), _new_span())


def child(trace: Trace) -> Trace:
    """Another span of the same trace, for a call; its `state` tells for which request it is made.

    The member that changes stands first, and the one it replaces is gone (section 3.5).
    """
    span = _new_span()
    own = f"{_MEMBER}={span}-{trace.came_as}" if trace.came_as else f"{_MEMBER}={span}"
    members = (member.strip() for member in trace.state.split(","))
    others = [one for one in members if one and not one.startswith(f"{_MEMBER}=")]
    return trace._replace(span_id=span, state=",".join([own, *others[: _MOST_MEMBERS - 1]]))


def current() -> Optional[Context]:
    """The request that the running code answers; None outside of any."""
    found = _current.get()
    if not isinstance(found, _Answering):
        return found
    if found.context is None:
        trace = received(found.headers)
        found.context = Context(found.request_id, trace, found.deadline)
    return found.context


def answering(request_id: str, headers: Mapping[str, str], deadline: float) -> None:
    """As `activate`, for a request as it came; its trace is `received` when it is asked for."""
    _current.set(_Answering(request_id, headers, deadline))


def activate(context: Optional[Context]) -> None:
    """Make it current, in this thread or task, until the next call; None ends it."""
    _current.set(context)


def _new_span() -> str:
    # The kernel's own: needs no seed, so that forked workers cannot repeat one another's.
    return os.urandom(8).hex()


def _can_be_sent(state: str) -> bool:
    return len(state) <= _MOST_STATE and state.isascii() and (state.isprintable() or not state)
