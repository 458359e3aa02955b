"""A call's arguments as the bytes of a request: JSON, or a form where there are files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from lading_runtime.client.address import Address
from lading_runtime.tracing import Context, child

_JOINED_BYTES = 64 * 1024
"""A body up to this is sent with its head, in one piece."""
_FILE_TYPES = (bytes, bytearray, memoryview)


class Body(NamedTuple):
    content: bytes
    media_type: str


def body(arguments: Mapping[str, Any]) -> Body:
    """A form where an argument is bytes, an open file or a list of those, else a JSON object.

    Raises TypeError or ValueError, naming the argument that cannot be sent.
    """
    files = {name: _files(name, value) for name, value in arguments.items()}
    if any(files.values()):
        return _form(arguments, files)
    try:
        return Body(_ENCODER.encode(arguments), "application/json")
    except (TypeError, ValueError, OverflowError, RecursionError):
        for name, value in arguments.items():
            _json(name, value)
        raise


def encode(
    address: Address, target: str, content: Body, headers: Mapping[str, str]
) -> tuple[bytes, ...]:
    """The request on the wire, in pieces to be sent one after the other. `target` begins with /."""
    lines = [
        f"POST {address.prefix}{target} HTTP/1.1",
        f"host: {address.authority}",
        f"content-type: {content.media_type}",
        f"content-length: {len(content.content)}",
    ]
    lines.extend(f"{key}: {value}" for key, value in headers.items())
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    if len(content.content) <= _JOINED_BYTES:
        return (head + content.content,)
    return (head, content.content)


def traced(context: Context) -> dict[str, str]:
    """Headers that tell whose request this call is part of."""
    return {"x-request-id": context.request_id, **dict(child(context.trace).headers())}


def _files(name: str, value: Any) -> list[bytes]:
    """The parts that an argument makes in a form; none where it is no file."""
    if isinstance(value, (list, tuple)) and value and all(map(_is_file, value)):
        return [_content(name, item) for item in value]
    return [_content(name, value)] if _is_file(value) else []


def _is_file(value: Any) -> bool:
    return isinstance(value, _FILE_TYPES) or callable(getattr(value, "read", None))


def _content(name: str, value: Any) -> bytes:
    content = value if isinstance(value, _FILE_TYPES) else value.read()
    if not isinstance(content, _FILE_TYPES):
        came = type(content).__name__
        raise TypeError(f"argument {name!r}: expected a file of bytes, its read() gave {came}")
    return bytes(content)


def _form(arguments: Mapping[str, Any], files: Mapping[str, list[bytes]]) -> Body:
    """RFC 7578. Text goes as it is, since a server takes it so; the rest as JSON."""
    boundary = os.urandom(16).hex()
    pieces: list[bytes] = []
    for name, value in arguments.items():
        field = _quoted(name)
        for content in files[name]:
            more = f'; filename="{field}"\r\ncontent-type: application/octet-stream'
            pieces += (_head(boundary, field, more), content)
        if not files[name]:
            text = value.encode() if isinstance(value, str) else _json(name, value)
            pieces += (_head(boundary, field, ""), text)
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    return Body(b"".join(pieces), f"multipart/form-data; boundary={boundary}")


def _head(boundary: str, field: str, more: str) -> bytes:
    return (
        f'\r\n--{boundary}\r\ncontent-disposition: form-data; name="{field}"{more}\r\n\r\n'
    ).encode()


def _quoted(name: str) -> str:
    """As browsers do it (HTML Living Standard, 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _json(name: str, value: Any) -> bytes:
    try:
        return _ENCODER.encode(value)
    except RecursionError:
        raise ValueError(f"argument {name!r}: nested too deeply, or within itself") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"argument {name!r}: {error}") from None


def _plain(value: Any) -> Any:
    """What msgspec asks for a value that it does not know."""
    numpy = sys.modules.get("numpy")  # a value of its exists only where it was imported
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.tolist()
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    if callable(getattr(value, "model_dump", None)):  # pydantic's
        return value.model_dump(mode="json")
    raise TypeError(f"a {type(value).__qualname__} cannot be sent as JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
