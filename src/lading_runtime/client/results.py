"""A whole answer as a Python value, or as the error that it stands for."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import msgspec

from lading_runtime.client.answers import Answer
from lading_runtime.client.errors import Failure, ServiceError, UnexpectedAnswer, of_answer
from lading_runtime.client.events import MEDIA_TYPE, Event, Events
from lading_runtime.problem import Fault

_SHOWN = 200
"""Characters of a body that is no problem document."""


def media_type(answer: Answer) -> str:
    """Of the answer's body, without parameters."""
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def result(service: str, answer: Answer, body: bytes) -> Any:
    """JSON as plain Python, npy as an array, text as str, events as a list, the rest as bytes.

    Raises ServiceError: that of the status, or UnexpectedAnswer.
    """
    if not 200 <= answer.status < 300:
        raise error(service, answer, body)
    kind = media_type(answer)
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return msgspec.json.decode(body)
        if kind == "application/x-npy":
            return _array(body)
        if kind == MEDIA_TYPE:
            return [event(service, answer, x) for x in Events().feed(body)]
        return body.decode() if kind == "text/plain" else body
    except (msgspec.DecodeError, ValueError, ImportError) as unread:
        detail = f"the {kind} that came cannot be read: {unread}"
        raise UnexpectedAnswer(_failure(service, answer, detail)) from None


def event(service: str, answer: Answer, came: Event) -> Any:
    """The value of an event. Raises ServiceError for one of kind `error`, a problem document."""
    try:
        value = msgspec.json.decode(came.data)
    except (msgspec.DecodeError, ValueError) as unread:
        detail = f"an event that came cannot be read: {unread}"
        raise UnexpectedAnswer(_failure(service, answer, detail)) from None
    if came.kind != "error":
        return value
    document = value if isinstance(value, dict) else {"detail": value}
    status = document.get("status")
    raise _of_document(service, answer, status if isinstance(status, int) else 500, document)


def error(service: str, answer: Answer, body: bytes) -> ServiceError:
    """For an answer whose status is no 2xx; its body is a problem document, or whatever came."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError):
        document = None
    if not isinstance(document, dict):
        document = {"detail": body.decode("utf-8", "replace")[:_SHOWN].strip()}
    return _of_document(service, answer, answer.status, document)


def _of_document(
    service: str, answer: Answer, status: int, document: Mapping[str, Any]
) -> ServiceError:
    code, request_id = document.get("code"), document.get("request_id")
    detail = document.get("detail") or document.get("title") or f"it answered with {status}"
    behind = document.get("service")
    failure = _failure(service, answer, str(detail))._replace(
        status=status,
        code=None if code is None else str(code),
        faults=_faults(document),
        behind=behind if isinstance(behind, str) else None,
    )
    return of_answer(failure._replace(request_id=str(request_id)) if request_id else failure)


def _failure(service: str, answer: Answer, detail: str) -> Failure:
    request_id = answer.headers.get("x-request-id")
    return Failure(service, detail, status=answer.status, request_id=request_id)


def _faults(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    given = document.get("errors")
    return tuple(
        Fault(*(str(x.get(field, "")) for field in Fault._fields))
        for x in (given if isinstance(given, list) else [])
        if isinstance(x, dict)
    )


def _array(body: bytes) -> Any:
    import numpy

    return numpy.load(io.BytesIO(body), allow_pickle=False)
