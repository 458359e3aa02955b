"""What goes wrong with a request, as the client is told: RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

MEDIA_TYPE = "application/problem+json"

KINDS: dict[str, tuple[int, str]] = {
    "malformed_http": (400, "Malformed HTTP"),
    "malformed_json": (400, "Malformed JSON"),
    "malformed_multipart": (400, "Malformed multipart body"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "request_timeout": (408, "Request came too slowly"),
    "body_too_large": (413, "Body too large"),
    "uri_too_long": (414, "Request line too long"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "expectation_failed": (417, "Expectation failed"),
    "invalid_argument": (422, "Invalid argument"),
    "no_case": (422, "No case for it"),
    "headers_too_large": (431, "Headers too large"),
    "internal_error": (500, "Internal error"),
    "not_implemented": (501, "Not implemented"),
    "upstream_failed": (502, "A service that was called failed"),
    "not_ready": (503, "Not ready"),
    "draining": (503, "Shutting down"),
    "worker_died": (503, "Worker died"),
    "worker_stuck": (503, "Worker stuck"),
    "queue_full": (503, "Too many requests are waiting"),
    "upstream_unavailable": (503, "A service that was called is unavailable"),
    "deadline_exceeded": (504, "Deadline exceeded"),
    "upstream_timeout": (504, "A service that was called took too long"),
    "http_version_not_supported": (505, "HTTP version not supported"),
}
"""Every stable `code`, with its HTTP status and title."""

NOT_STARTED = {"retry-after": "1", "x-lading-not-started": "1"}
"""Headers of a refusal given before the prediction began: another replica may be tried safely."""
LATER = {"retry-after": "1"}
"""Headers of a refusal that may be otherwise in a moment."""


class Fault(NamedTuple):
    """One argument that is wrong. `field` is a path such as `image.width` or `rows[2]`."""

    field: str
    expected: str
    came: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """A request that is answered with an error. `code` is a key of KINDS.

    `service` is the one that could not do its part, where that is another one.
    """

    service: str | None = None

    def __init__(
        self,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.status, self.title = KINDS[code]

    def encode(self, request_id: str) -> bytes:
        """The problem document."""
        document: dict[str, Any] = {
            "type": f"urn:lading:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.service is not None:
            document["service"] = self.service
        if self.faults:
            document["errors"] = [fault._asdict() for fault in self.faults]
        return msgspec.json.encode(document)


class PassedOn(Exception):  # noqa: N818 - a state
    """An error that says itself what a client is told of it, where a handler lets it pass."""

    def problem(self) -> Problem | None:
        """None where it is the handler's own fault, of which nothing is told."""
        raise NotImplementedError


def internal(request_id: str) -> Problem:
    """A 500 that tells nothing but where the reason is."""
    return Problem("internal_error", f"the log says why, under request id {request_id}")
