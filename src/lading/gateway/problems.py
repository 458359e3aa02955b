"""What Envoy itself answers, as RFC 9457 problem documents.

Fields: envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lading.gateway.document import Document

RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class Problem:
    """An answer of Envoy's own: told by its response `flags`, or else by its status alone."""

    status: int
    code: str
    title: str
    detail: str
    flags: tuple[str, ...] = ()
    """Any of them; response flags as in Envoy's access log."""


# The first that fits is taken, so flags come before bare statuses. In a detail, %PATH% and
# %LOCAL_REPLY_BODY% are filled in, and escaped, by Envoy. A route has the name of its service; what
# has no value, as it has where no route was found, is left out.
PROBLEMS = (
    Problem(
        503,
        "no_replica",
        "Service Unavailable",
        "the service %ROUTE_NAME% has no replica",
        ("UH", "NC"),
    ),
    Problem(
        503,
        "overloaded",
        "Service Unavailable",
        "too many requests wait for the service %ROUTE_NAME%",
        ("UO",),
    ),
    Problem(
        503,
        "replica_lost",
        "Service Unavailable",
        "the replica of the service %ROUTE_NAME% went away in the middle of the request; send an"
        " Idempotency-Key header to have such requests tried again",
        ("UC", "UR"),
    ),
    Problem(
        503,
        "replica_unreachable",
        "Service Unavailable",
        "no replica of the service %ROUTE_NAME% could be reached",
        ("UF", "URX"),
    ),
    Problem(400, "malformed_request", "Bad Request", "the request is not well-formed HTTP"),
    Problem(
        403,
        "upgrade_refused",
        "Forbidden",
        "upgrades of a connection, such as WebSocket, are not carried",
    ),
    Problem(
        404,
        "unknown_service",
        "Not Found",
        "no service answers %PATH(NQ:PATH):200%; %LOCAL_REPLY_BODY%",
    ),
    Problem(408, "request_timeout", "Request Timeout", "the request did not arrive in time"),
    Problem(
        413,
        "body_too_large",
        "Content Too Large",
        "the body of a request may have at most {max_body_bytes} bytes",
    ),
    Problem(426, "http_version", "Upgrade Required", "HTTP/1.1 is needed"),
    Problem(429, "overloaded", "Too Many Requests", "too many requests"),
    Problem(
        431,
        "headers_too_large",
        "Request Header Fields Too Large",
        "the headers of the request are too large",
    ),
    Problem(
        502,
        "bad_reply",
        "Bad Gateway",
        "the service %ROUTE_NAME% did not answer with well-formed HTTP",
    ),
    Problem(
        503,
        "unavailable",
        "Service Unavailable",
        "the service %ROUTE_NAME% cannot answer now",
    ),
    Problem(
        504,
        "deadline_exceeded",
        "Gateway Timeout",
        "the service %ROUTE_NAME% did not answer within its time limit",
    ),
)


def local_replies(max_body_bytes: int) -> Document:
    """A LocalReplyConfig: every answer Envoy makes is JSON with a stable code."""
    other = Problem(0, "gateway_error", "Gateway Error", "the gateway could not answer")
    return {
        "mappers": [
            _healthy(),
            *(_mapper(problem, max_body_bytes) for problem in PROBLEMS),
        ],
        "body_format": _format(other, max_body_bytes),
    }


def _healthy() -> Document:
    return {
        "filter": _status(200),
        "body_format_override": {
            "json_format": {"status": "ok"},
            "content_type": "application/json",
        },
    }


def _mapper(problem: Problem, max_body_bytes: int) -> Document:
    mapper: Document = {
        "filter": _flags(problem.flags) if problem.flags else _status(problem.status),
        "body_format_override": _format(problem, max_body_bytes),
    }
    if problem.status in (429, 503):
        mapper["headers_to_add"] = [
            {"header": {"key": "retry-after", "value": str(RETRY_AFTER_SECONDS)}}
        ]
    return mapper


def _format(problem: Problem, max_body_bytes: int) -> Document:
    return {
        "json_format": {
            "type": "about:blank",
            "title": problem.title,
            "status": "%RESPONSE_CODE%",
            "code": problem.code,
            "detail": problem.detail.replace("{max_body_bytes}", str(max_body_bytes)),
            "service": "%ROUTE_NAME%",
            "request_id": "%REQ(X-REQUEST-ID)%",
        },
        "omit_empty_values": True,
        "content_type": "application/problem+json",
    }


def _flags(flags: Sequence[str]) -> Document:
    return {"response_flag_filter": {"flags": list(flags)}}


def _status(status: int) -> Document:
    # A runtime key must be named though nothing here sets one.
    value = {"default_value": status, "runtime_key": "gateway.unused"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
