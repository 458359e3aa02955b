"""What both halves of the server say in the Open Inference Protocol v2, whichever answers.

https://github.com/kserve/open-inference-protocol, with the extension for binary tensor data that
Triton describes.
"""

from __future__ import annotations

import msgspec

from .call import JSON, Answer
from .problem import Problem

VERSION = "1"
"""The version that every model has: a replica serves one, and which one is the release's matter."""
HEADER_LENGTH = "inference-header-content-length"
"""The HTTP header that says how many bytes of a body are JSON, when tensors follow it."""
SERVER = {"name": "lading", "version": "0.1.0", "extensions": ["binary_tensor_data"]}
"""The metadata of the server."""


def metadata() -> Answer:
    """The server's own metadata."""
    return Answer(msgspec.json.encode(SERVER))


def live() -> Answer:
    """That the server lives."""
    return Answer(b'{"live":true}')


def ready() -> Answer:
    """That the server is ready: whoever calls it made sure."""
    return Answer(b'{"ready":true}')


def model_ready(name: str) -> Answer:
    """The same of a model."""
    return Answer(msgspec.json.encode({"name": name, "ready": True}))


def refusal(problem: Problem, request_id: str) -> Answer:
    """An error as the protocol has it, with the fields of the problem document beside `error`."""
    document = {"error": problem.detail, **msgspec.json.decode(problem.encode(request_id))}
    body = msgspec.json.encode(document)
    return Answer(body, JSON, problem.status, problem.code, dict(problem.headers))
