"""A call in, arguments out; a result in, an answer out. Knows no transport."""

from __future__ import annotations

from typing import Any

import msgspec

from ..call import JSON, Answer, Call, Operation
from ..handlers.extensions import arrays, known
from ..handlers.handler import Handler
from ..problem import Problem
from . import openapi
from .form_body import FormBody
from .json_body import JsonBody
from .v2.inference import V2


class DataPlane:
    """Everything around one loaded handler that is not calling it."""

    def __init__(self, service: str, handler: Handler) -> None:
        self.handler = handler
        self._service = service
        self._v2 = V2(service, handler)
        self._json = JsonBody(handler.signature)
        self._form = FormBody(handler.signature)
        self._encoder = msgspec.json.Encoder(enc_hook=known.encode)

    def read(self, call: Call) -> dict[str, Any]:
        """The arguments of one prediction.

        Raises Problem `malformed_json`, `malformed_multipart`, `invalid_argument`,
        `unsupported_media_type`.
        """
        headers = call.headers
        if call.operation is Operation.INFER:
            return self._v2.read(call)
        if not headers:
            return self._json.read(call.body)
        coding = headers.get("content-encoding", "identity").lower()
        if coding != "identity":
            detail = f"the content coding {coding[:50]!r} is not read"
            raise Problem("unsupported_media_type", detail)
        content_type = headers.get("content-type", JSON)
        kind = content_type.partition(";")[0].strip().lower()
        if kind == JSON:
            return self._json.read(call.body)
        if kind == "multipart/form-data":
            return self._form.read(bytes(call.body), content_type)
        raise Problem(
            "unsupported_media_type",
            f"expected application/json or multipart/form-data, came {kind[:100] or 'nothing'}",
            headers={"accept": f"{JSON}, multipart/form-data"},
        )

    def write(self, result: Any, call: Call) -> Answer:
        """What one prediction gave, as its caller gets it. Raises what cannot be encoded."""
        if call.operation is Operation.INFER:
            return self._v2.write(result, call)
        try:
            return Answer(self._encoder.encode(result))
        except TypeError:
            return Answer(self._encoder.encode(arrays.with_plain_keys(result)))

    def refuse_inference(self, problem: Problem, request_id: str) -> Answer:
        """A problem as the Open Inference Protocol has it."""
        return self._v2.problem(problem, request_id)

    def metadata(self) -> Answer:
        """The model's, in the Open Inference Protocol."""
        return self._v2.metadata()

    def event(self, item: Any) -> bytes:
        """One item of a stream, as JSON without line breaks."""
        try:
            return self._encoder.encode(item)
        except TypeError:
            return self._encoder.encode(arrays.with_plain_keys(item))

    def describe(self) -> Answer:
        """The OpenAPI document."""
        return Answer(openapi.encode(self._service, self.handler.signature))
