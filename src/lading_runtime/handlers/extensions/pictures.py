"""Pillow's pictures: a file in a form or base64 in JSON in, PNG out."""

from __future__ import annotations

import base64
import binascii
import io
import sys
from typing import Any

from .. import wording
from .misfit import misfit

TAKES_FILE = True
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO")
"""What is read. Pillow knows more, but some of them start other programs."""
_AS_THEY_ARE = ("1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA")


def _image() -> Any:
    return sys.modules.get("PIL.Image")


def owns(hint: Any) -> bool:
    """Whether a hint is `PIL.Image.Image`."""
    module = _image()
    return module is not None and hint is module.Image


def decode(hint: Any, value: Any) -> Any:
    """From a file's bytes or their base64. Raises ValueError."""
    if isinstance(value, hint):
        return value
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise misfit("a picture in base64", wording.came(value)) from error
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise misfit("a picture", wording.kind(value))
    return _opened(value)


def _opened(value: Any) -> Any:
    module = _image()
    module.init()
    known = [name for name in FORMATS if name in module.OPEN]
    try:
        picture = module.open(io.BytesIO(value), formats=known)
        picture.load()
    except (OSError, SyntaxError, ValueError, module.DecompressionBombError) as error:
        bomb = isinstance(error, module.DecompressionBombError)
        why = "with too many pixels" if bomb else "that are none"
        raise misfit("a picture (PNG, JPEG, WebP, …)", f"{len(value)} bytes {why}") from error
    return picture


def encode(value: Any) -> str:
    """PNG in base64. Raises NotImplementedError."""
    module = _image()
    if module is None or not isinstance(value, module.Image):
        raise NotImplementedError
    return base64.b64encode(png(value)).decode()


def png(picture: Any) -> bytes:
    """A picture as a file; colours that PNG has not are turned into RGB."""
    if picture.mode not in _AS_THEY_ARE:
        picture = picture.convert("RGB")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def schema(hint: Any) -> dict[str, Any]:
    """A file in base64."""
    return {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}


def expected(hint: Any) -> str:
    """For a client."""
    return "a picture"
