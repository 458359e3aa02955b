"""Which bodies a signature can be called with, by media type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..call import JSON, Body
from ..handlers.signature import Parameter, Signature
from ..problem import Problem
from . import arrow, npy, octet_stream
from .arrow import ArrowBody
from .form_body import MULTIPART, FormBody
from .json_body import JsonBody
from .npy import NpyBody
from .octet_stream import OctetStream
from .sole import refused, sole

_URL_ENCODED = "application/x-www-form-urlencoded"
_CURL = f"; with curl, add -H 'Content-Type: {JSON}'"
"""What `curl -d` needs, which calls whatever it sends URL encoded."""


class Reader(Protocol):
    """Reads one media type."""

    def read(self, body: Body, content_type: str) -> dict[str, Any]:
        """The arguments. Raises Problem."""


class Raw(NamedTuple):
    """A body of one argument: its reader, which arguments it can be, and that in words."""

    reader: Callable[[Signature, Parameter], Reader]
    fits: Callable[[Parameter], bool]
    holds: str


RAW = {
    octet_stream.MEDIA_TYPE: Raw(OctetStream, octet_stream.fits, octet_stream.HOLDS),
    npy.MEDIA_TYPE: Raw(NpyBody, npy.fits, npy.HOLDS),
}


def readers(signature: Signature) -> dict[str, Reader]:
    """All that can be read for this signature, the most usual first."""
    table: dict[str, Reader] = {JSON: JsonBody(signature), MULTIPART: FormBody(signature)}
    for media_type, raw in RAW.items():
        parameter = sole(signature, raw.fits)
        if parameter is not None:
            table[media_type] = raw.reader(signature, parameter)
    if arrow.fits(signature) and arrow.installed():
        table[arrow.MEDIA_TYPE] = ArrowBody(signature)
    return table


def unreadable(media_type: str, signature: Signature, known: list[str]) -> Problem:
    """A 415 that says what to send instead."""
    if media_type in RAW:
        problem = refused(media_type, signature, RAW[media_type].holds)
    elif media_type == arrow.MEDIA_TYPE and arrow.fits(signature):
        detail = f"{media_type} needs pyarrow; add it to the service's requirements"
        problem = Problem("unsupported_media_type", detail)
    else:
        came = media_type[:100] or "nothing"
        expected = f"{', '.join(known[:-1])} or {known[-1]}"
        hint = _CURL if media_type == _URL_ENCODED else ""
        problem = Problem("unsupported_media_type", f"expected {expected}, came {came}{hint}")
    problem.headers["accept"] = ", ".join(known)
    return problem
