"""A call in, arguments out; a result in, an answer out. Knows no transport."""

from __future__ import annotations

from typing import Any

from ..call import JSON, Answer, Call, Operation
from ..handlers.handler import Handler
from ..problem import Problem
from . import accepting, bodies, openapi, results
from .v2.inference import V2

_NO_CHOICE = (None, JSON, accepting.ANY)


class DataPlane:
    """Everything around one loaded handler that is not calling it."""

    def __init__(self, service: str, handler: Handler) -> None:
        self.handler = handler
        self._service = service
        self._v2 = V2(service, handler)
        self._readers = bodies.readers(handler.signature)
        self._json = self._readers[JSON].read

    def read(self, call: Call) -> dict[str, Any]:
        """The arguments of one prediction.

        Raises Problem `malformed_json`, `malformed_multipart`, `invalid_argument`,
        `unsupported_media_type`.
        """
        if call.operation is Operation.INFER:
            return self._v2.read(call)
        headers = call.headers
        content_type = headers.get("content-type", JSON)
        if "content-encoding" in headers:
            _refuse_codings(headers["content-encoding"])
        if content_type == JSON:
            return self._json(call.body, JSON)
        kind = content_type.partition(";")[0].strip().lower()
        reader = self._readers.get(kind)
        if reader is None:
            raise bodies.unreadable(kind, self.handler.signature, list(self._readers))
        return reader.read(call.body, content_type)

    def write(self, result: Any, call: Call) -> Answer:
        """What one prediction gave, as its caller gets it. Raises what cannot be encoded."""
        if call.operation is Operation.INFER:
            return self._v2.write(result, call)
        accept = call.headers.get("accept")
        if accept in _NO_CHOICE:
            return Answer(results.json(result))
        return results.write(result, accept)

    def event(self, item: Any) -> bytes:
        """One item of a stream, as JSON without line breaks."""
        return results.json(item)

    def refuse_inference(self, problem: Problem, request_id: str) -> Answer:
        """A problem as the Open Inference Protocol has it."""
        return self._v2.problem(problem, request_id)

    def metadata(self) -> Answer:
        """The Open Inference Protocol's model metadata."""
        return self._v2.metadata()

    def describe(self) -> Answer:
        """The OpenAPI document."""
        return Answer(openapi.encode(self._service, self.handler.signature))


def _refuse_codings(coding: str) -> None:
    if coding.lower() != "identity":
        detail = f"the content coding {coding[:50]!r} is not read"
        raise Problem("unsupported_media_type", detail)
