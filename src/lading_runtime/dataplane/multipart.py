"""multipart/form-data, RFC 7578, read from a whole body."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..problem import Problem

MOST_PARTS = 1000
MOST_HEAD_BYTES = 8 * 1024
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))')


class Part(NamedTuple):
    """A form field. `file` tells whether it carried a file name."""

    name: str
    file: bool
    value: bytes


def boundary(content_type: str) -> bytes:
    """From the request's content type. Raises Problem `malformed_multipart`."""
    value = _parameters(content_type).get("boundary", "")
    if not 1 <= len(value) <= 70 or not value.isascii() or value != value.rstrip():
        raise _malformed("the content type has no boundary of 1 to 70 characters")
    return value.encode()


def parse(body: bytes, mark: bytes) -> list[Part]:
    """Raises Problem `malformed_multipart`."""
    delimiter = b"--" + mark
    # The first delimiter may open the body; every other one follows a line break.
    start = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if start == 1:
        raise _malformed("the boundary never occurs")
    parts: list[Part] = []
    position = start + len(delimiter)
    while not body.startswith(b"--", position):
        if len(parts) == MOST_PARTS:
            raise _malformed(f"more than {MOST_PARTS} parts")
        head_start = _line_end(body, position)
        end = body.find(b"\r\n" + delimiter, head_start - 2)
        if end < 0:
            raise _malformed("the last part has no end")
        parts.append(_part(body, head_start, max(end, head_start)))
        position = end + 2 + len(delimiter)
    return parts


def _line_end(body: bytes, position: int) -> int:
    end = body.find(b"\r\n", position)
    if end < 0 or body[position:end].strip(b" \t"):
        raise _malformed("a boundary is followed by something else than a line break")
    return end + 2


def _part(body: bytes, start: int, end: int) -> Part:
    if body.startswith(b"\r\n", start):
        head, value_start = b"", start + 2
    else:
        blank = body.find(b"\r\n\r\n", start, min(end, start + MOST_HEAD_BYTES))
        if blank < 0:
            raise _malformed("a part has no blank line after its headers")
        head, value_start = body[start:blank], blank + 4
    disposition = _disposition(head)
    parameters = _parameters(disposition)
    if "name" not in parameters:
        raise _malformed("a part has no name in its content-disposition")
    file = "filename" in parameters or "filename*" in parameters
    return Part(parameters["name"], file, body[value_start:end])


def _disposition(head: bytes) -> str:
    try:
        text = head.decode()
    except UnicodeDecodeError:
        raise _malformed("the headers of a part are not UTF-8") from None
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            return value.strip()
    raise _malformed("a part has no content-disposition")


def _parameters(header: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
        for name, quoted, plain in _PARAMETER.findall(header)
    }


def _malformed(why: str) -> Problem:
    return Problem("malformed_multipart", f"the multipart body cannot be read: {why}")
