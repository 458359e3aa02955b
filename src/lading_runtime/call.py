"""A request as a worker gets it, and its answer: what the front and the workers share."""

from __future__ import annotations

import enum
from typing import Union

import msgspec

Body = Union[bytes, memoryview]
JSON = "application/json"


class Operation(enum.IntEnum):
    """What a worker is asked for."""

    PREDICT = 0
    INFER = 1
    """The Open Inference Protocol's inference."""


class Call(msgspec.Struct, array_like=True):
    """One request. `headers` holds what a protocol needs, in lower case; JSON needs none."""

    id: int
    operation: Operation
    request_id: str
    deadline: float
    """Of the monotonic clock, in seconds; past it nobody waits for the answer."""
    headers: dict[str, str]
    """Those of CARRIED that came and say something."""
    body: memoryview
    """Writable where it came as shared memory, which is then this call's alone."""
    shared: int = 0
    """Bytes of the body that travel as shared memory, beside the call."""


class Answer(msgspec.Struct):
    """A whole answer, a problem document included."""

    body: Body
    media_type: str = JSON
    status: int = 200
    code: str = ""
    """The problem's code; empty when there is none."""
    headers: dict[str, str] = {}
    """Of the answer, besides its type and length."""


CARRIED = (
    "accept",
    "content-encoding",
    "traceparent",
    "tracestate",
    "inference-header-content-length",
)
"""Headers that a worker gets beside `content-type`."""
