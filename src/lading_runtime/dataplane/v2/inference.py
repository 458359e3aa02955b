"""The Open Inference Protocol around one handler: calls to arguments, results to answers."""

from __future__ import annotations

from typing import Any

from ...call import Answer, Call
from ...handlers.handler import Handler
from ...open_inference import refusal
from ...problem import Problem
from . import metadata, request, response, results
from .arguments import arguments


class V2:
    """Knows no transport; keeps nothing between a call and its answer."""

    def __init__(self, service: str, handler: Handler) -> None:
        self._service = service
        self._handler = handler

    def read(self, call: Call) -> dict[str, Any]:
        """The arguments of one prediction.

        Raises Problem `malformed_json`, `invalid_argument`, `unsupported_media_type`.
        """
        if self._handler.streams:
            detail = f"results that stream have no form here; call /{self._service}/predict"
            raise Problem("invalid_argument", detail)
        coding = call.headers.get("content-encoding", "identity").lower()
        if coding != "identity":
            detail = f"the content coding {coding[:50]!r} is not read"
            raise Problem("unsupported_media_type", detail)
        tensors, wanted = request.read(call.headers, call.body)
        names = [output.name for output in wanted.outputs or ()]
        return arguments(self._handler, tensors, names)

    def write(self, result: Any, call: Call) -> Answer:
        """What one prediction gave, in the form that its caller wants.

        Raises Problem `invalid_argument` for outputs that are not there; TypeError for a result
        that has no form.
        """
        wanted = request.wanted(call.headers, call.body)
        tensors = results.outputs(result, self._handler.facts.get("outputs", ()))
        return response.write(self._service, tensors, wanted)

    def metadata(self) -> Answer:
        """The model's name, platform and tensors."""
        return metadata.metadata(self._service, self._handler)

    def problem(self, problem: Problem, request_id: str) -> Answer:
        """An error in the protocol's form."""
        return refusal(problem, request_id)
