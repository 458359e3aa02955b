"""Results to bodies: JSON, or the raw form that the caller asked for and the value has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..call import JSON, Answer, Body
from ..handlers.extensions import arrays, known, pictures
from . import accepting, arrow, npy, octet_stream

PNG = "image/png"


def _is_bytes(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview))


def _is_picture(value: Any) -> bool:
    # Of files, Pillow makes kinds of its own: PngImageFile and so on.
    return any(pictures.owns(kind) for kind in type(value).__mro__)


RAW: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Body]], ...] = (
    (npy.MEDIA_TYPE, npy.encodes, npy.encode),
    (octet_stream.MEDIA_TYPE, _is_bytes, bytes),
    (arrow.MEDIA_TYPE, arrow.encodes, arrow.encode),
    (PNG, _is_picture, pictures.png),
)
"""A media type, whether a value has that form, and the form."""

_encode = msgspec.json.Encoder(enc_hook=known.encode).encode


def json(value: Any) -> bytes:
    """Without line breaks. Raises what cannot be encoded."""
    try:
        return _encode(value)
    except TypeError:
        return _encode(arrays.with_plain_keys(value))


def write(value: Any, accept: str) -> Answer:
    """In the form that the Accept header prefers; JSON where nothing decides."""
    for media_type, has, form in RAW:
        if has(value):
            if accepting.choose(accept, (JSON, media_type)) == media_type:
                return Answer(form(value), media_type)
            break
    return Answer(json(value))
