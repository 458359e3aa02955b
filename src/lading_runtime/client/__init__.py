"""The client by which a handler calls other services: `service("ocr").predict(image=...)`.

May import `tracing` and `problem`, and nothing else of the runtime; a server that calls nobody
never imports it. Start reading at `services.py`. What is said is made in `requests.py` and
understood in `answers.py`, `results.py` and `events.py`; none of them opens anything.
`conversation.py` is one call, its retries included, and `streaming.py` one whose answer comes bit
by bit, both written once as steps that say what they wait for; `waiting.py` waits, for threads and
for coroutines. `connecting.py` opens connections and `pool.py` keeps them, `address.py` reads
`LADING_GATEWAY`, and `errors.py` draws the tree of what may go wrong.
"""

from __future__ import annotations

from lading_runtime.client.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    GatewayUnset,
    InternalError,
    InvalidArgument,
    NotFound,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
    TooManyRequests,
    UnexpectedAnswer,
)
from lading_runtime.client.services import Service, service

__all__ = [
    "ConnectionFailed",
    "ConnectionLost",
    "DeadlineExceeded",
    "GatewayUnset",
    "InternalError",
    "InvalidArgument",
    "NotFound",
    "RequestRefused",
    "Service",
    "ServiceError",
    "ServiceUnavailable",
    "TooManyRequests",
    "UnexpectedAnswer",
    "service",
]
