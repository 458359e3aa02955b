"""What is answered where: the routes of a service, and every error as a problem document."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Optional

from . import log, multipart, openapi
from .dataplane import Answer, DataPlane
from .messages import Request, Response
from .problem import MEDIA_TYPE, Problem
from .worker import PredictionError, Worker

JSON = "application/json"
LARGE_BODY_BYTES = 256 * 1024
"""A body past this is read in a thread of its own, so that health is answered meanwhile."""
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class Application:
    """The service's routes over one worker."""

    def __init__(self, service: str, worker: Worker) -> None:
        self.draining = False
        self._service = service
        self._worker = worker
        self._description: Optional[bytes] = None

    async def answer(self, request: Request) -> Response:
        """Never raises for anything a client sent or a handler did."""
        request_id = _request_id(request)
        try:
            answer = await self._route(request, request_id)
        except Problem as problem:
            return self.refusal(problem, request_id)
        return Response(200, answer.body, answer.media_type, {"x-request-id": request_id})

    def refusal(self, problem: Problem, request_id: Optional[str]) -> Response:
        """A problem as a response."""
        request_id = request_id or _new_id()
        headers = {**problem.headers, "x-request-id": request_id}
        return Response(problem.status, problem.encode(request_id), MEDIA_TYPE, headers)

    def broken(self, error: Exception) -> Response:
        """A defect of the server itself."""
        request_id = _new_id()
        log.write("error", "server failed", error, service=self._service, request_id=request_id)
        return self.refusal(_internal(request_id), request_id)

    async def _route(self, request: Request, request_id: str) -> Answer:
        path = _path(request.target)
        service, _, verb = path[1:].rpartition("/")
        if service != self._service and not (service == "" and verb in ("healthz", "readyz")):
            verb = ""
        if verb == "predict":
            _allow(request, "POST")
            return await self._predict(request, request_id)
        if verb not in ("healthz", "readyz", "openapi.json"):
            raise Problem("not_found", f"there is nothing at {path[:200]}")
        _allow(request, "GET", "HEAD")
        if verb == "healthz":
            return Answer(b'{"status":"alive"}', JSON)
        if verb == "readyz":
            return self._readiness()
        return Answer(self._describe(), JSON)

    def _readiness(self) -> Answer:
        if self.draining:
            raise Problem("draining", "the server is shutting down", headers={"retry-after": "1"})
        self._worker.require_ready()
        return Answer(b'{"status":"ready"}', JSON)

    def _describe(self) -> bytes:
        if self._description is None:
            plane = self._worker.require_ready()
            self._description = openapi.encode(self._service, plane.handler.signature)
        return self._description

    async def _predict(self, request: Request, request_id: str) -> Answer:
        plane = self._worker.require_ready()
        if len(request.body) > LARGE_BODY_BYTES:
            loop = asyncio.get_running_loop()
            arguments = await loop.run_in_executor(None, _parse, plane, request)
        else:
            arguments = _parse(plane, request)
        try:
            return await self._worker.predict(arguments)
        except PredictionError as failure:
            fields = {"service": self._service, "request_id": request_id}
            log.write("error", "prediction failed", failure.__cause__, **fields)
            raise _internal(request_id) from failure


def _parse(plane: DataPlane, request: Request) -> dict[str, object]:
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding != "identity":
        raise Problem("unsupported_media_type", f"the content coding {coding[:50]!r} is not read")
    content_type = request.headers.get("content-type", JSON)
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == JSON:
            return plane.parse_json(request.body)
        if kind == "multipart/form-data":
            mark = multipart.boundary(content_type)
            return plane.parse_parts(multipart.parse(request.body, mark))
    except RecursionError:
        raise Problem("malformed_json", "the body is nested too deeply") from None
    raise Problem(
        "unsupported_media_type",
        f"expected application/json or multipart/form-data, came {kind[:100] or 'nothing'}",
        headers={"accept": f"{JSON}, multipart/form-data"},
    )


def _path(target: str) -> str:
    """Without the query, and of an absolute target (RFC 9112, 3.2.2) the path alone."""
    path = target.partition("?")[0]
    if "://" in path and not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        detail = f"{request.method} is not allowed here; allowed: {allowed}"
        raise Problem("method_not_allowed", detail, headers={"allow": allowed})


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else _new_id()


def _new_id() -> str:
    return os.urandom(16).hex()


def _internal(request_id: str) -> Problem:
    return Problem("internal_error", f"the log says why, under request id {request_id}")
