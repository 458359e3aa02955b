"""Calls as a worker gets them, and forms as browsers write them."""

from __future__ import annotations

from typing import Any

import pytest

from lading_runtime.call import Call, Operation
from lading_runtime.dataplane.plane import DataPlane
from lading_runtime.handlers.loading import handler_of
from lading_runtime.problem import Problem


def plane(target: Any, name: str = "m:f") -> DataPlane:
    return DataPlane("s", handler_of(name, target))


def plane_of(hint: Any) -> DataPlane:
    """Of a handler with one argument of this type, `x`, which it gives back."""

    def predict(x):
        return x

    predict.__annotations__ = {"x": hint}
    return plane(predict)


def call(body: bytes = b"", content_type: str = "", accept: str = "") -> Call:
    headers = {"content-type": content_type, "accept": accept}
    given = {name: value for name, value in headers.items() if value}
    return Call(1, Operation.PREDICT, "r", 0.0, given, memoryview(bytearray(body)))


def form(*parts: tuple[str, bytes], file: bool = False) -> Call:
    """Of fields, or of files."""
    body = b""
    for name, value in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        head += '; filename="f"' if file else ""
        body += b"--b\r\n" + head.encode() + b"\r\n\r\n" + value + b"\r\n"
    return call(body + b"--b--\r\n", "multipart/form-data; boundary=b")


def faults(plane: DataPlane, given: Call) -> list[tuple[str, str, str]]:
    """What is wrong with a call that must be."""
    with pytest.raises(Problem) as raised:
        plane.read(given)
    assert raised.value.code == "invalid_argument"
    return [tuple(fault) for fault in raised.value.faults]
