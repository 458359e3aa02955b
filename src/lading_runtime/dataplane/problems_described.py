"""Problem documents as OpenAPI describes them: each status with the codes that it comes with."""

from __future__ import annotations

from typing import Any

from ..problem import KINDS, MEDIA_TYPE

STATUSES = {
    400: "The body cannot be read",
    408: "The request came too slowly",
    413: "The body is too large",
    415: "Not a media type that these arguments can be read from",
    422: "An argument is wrong; `errors` names each",
    429: "Too many requests wait",
    500: "The handler failed; the log has why, under the request id",
    502: "A service that was called failed; the detail names it",
    503: "Cannot answer now; try again",
    504: "No answer in time",
}
_RETRIED = (429, 503)
_TEXT = {"type": "string"}

SCHEMA = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(KINDS)},
        "detail": _TEXT,
        "request_id": _TEXT,
        "service": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": _TEXT, "expected": _TEXT, "came": _TEXT},
                "required": ["field", "expected", "came"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}


def responses() -> dict[str, Any]:
    """By status; those that may be tried again say when."""
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[str, Any] = {}
    for status, description in STATUSES.items():
        described[str(status)] = {"description": description, "content": problem}
        if status in _RETRIED:
            described[str(status)]["headers"] = {
                "Retry-After": {
                    "description": "Seconds after which to try again",
                    "schema": {"type": "integer"},
                }
            }
    return described
