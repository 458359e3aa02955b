"""What Envoy writes for each request: one JSON object a line.

Fields: envoy.config.accesslog.v3.AccessLog, envoy.extensions.access_loggers.file.v3.FileAccessLog;
operators: Envoy's substitution formatter. Nothing of a body, of a query or of any other header is
written: those are the users' own.
"""

from __future__ import annotations

from pathlib import Path

from lading.gateway.document import Document, typed

OUTSIDE = "outside"
"""Of a request that came to the port, from a client."""
INSIDE = "inside"
"""Of a request that came to the socket, from a service."""

FLUSH_MILLISECONDS = 1000
"""Lines are written at least this often, sooner when there are many, and when it is asked for."""

_LINE = {
    "time": "%START_TIME(%s.%6f)%",
    "id": "%REQ(x-request-id):128%",
    "traceparent": "%REQ(traceparent):64%",
    "tracestate": "%REQ(tracestate):256%",
    "method": "%REQ(:method):16%",
    "path": "%PATH(NQ:PATH):256%",
    "service": "%UPSTREAM_CLUSTER%",
    "replica": "%UPSTREAM_HOST%",
    "status": "%RESPONSE_CODE%",
    # The exact one is missing where an answer was never whole.
    "us": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
    "ms": "%DURATION%",
    "sent_us": "%COMMON_DURATION(DS_RX_BEG:US_TX_BEG:us)%",
    "answered_us": "%COMMON_DURATION(DS_RX_BEG:US_RX_BEG:us)%",
    "in": "%BYTES_RECEIVED%",
    "out": "%BYTES_SENT%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
}


def access_log(path: Path, door: str) -> list[Document]:
    """The `access_log` of a connection manager; `door` is OUTSIDE or INSIDE."""
    written = typed(
        "extensions.access_loggers.file.v3.FileAccessLog",
        path=str(path),
        log_format={"json_format": {**_LINE, "door": door}, "omit_empty_values": True},
    )
    return [{"name": "envoy.access_loggers.file", "typed_config": written}]
