"""Errors of the server as gRPC has them: a status, its details, and the code as metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
import msgspec

from ..problem import Problem
from .front import Reply

STATUSES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""By the HTTP status of the server's answer; any other is UNKNOWN."""
BY_CODE = {"queue_full": grpc.StatusCode.RESOURCE_EXHAUSTED}
"""By the code of the problem, which goes first."""
CODE = "lading-code"
"""The name of the trailing metadata that holds the code."""


async def abort(context: Any, problem: Problem) -> NoReturn:
    """End a call with a problem of the door itself."""
    await _abort(context, problem.status, problem.code, problem.detail, {})


async def abort_as_answered(context: Any, reply: Reply) -> NoReturn:
    """End a call with what the server answered."""
    try:
        document = msgspec.json.decode(reply.body)
        code, detail = str(document["code"]), str(document["detail"])
    except (msgspec.DecodeError, KeyError, TypeError):
        code, detail = "internal_error", f"the server answered {reply.status}"
    await _abort(context, reply.status, code, detail, reply.headers)


async def _abort(
    context: Any, status: int, code: str, detail: str, headers: Mapping[str, str]
) -> NoReturn:
    trailing = [(CODE, code)]
    if "x-request-id" in headers:
        trailing.append(("x-request-id", headers["x-request-id"]))
    if headers.get("retry-after", "").isdigit():
        # https://github.com/grpc/proposal/blob/master/A6-client-retries.md, pushback
        trailing.append(("grpc-retry-pushback-ms", f"{int(headers['retry-after']) * 1000}"))
    known = BY_CODE.get(code) or STATUSES.get(status, grpc.StatusCode.UNKNOWN)
    await context.abort(known, detail, tuple(trailing))
    raise AssertionError("abort returned")
