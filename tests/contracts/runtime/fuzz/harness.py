"""What is fuzzed, and what must hold for any bytes: only Problem is raised, limits are kept.

`python harness.py TARGET [libFuzzer's options]`, with the runtime on the path.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["lading_runtime"]):
    from lading_runtime.call import Call, Operation
    from lading_runtime.configuration import Limits
    from lading_runtime.dataplane import multipart
    from lading_runtime.dataplane.plane import DataPlane
    from lading_runtime.exchange import Request
    from lading_runtime.handlers import loading
    from lading_runtime.problem import KINDS, Problem
    from lading_runtime.transport.incoming import Incoming

HERE = str(Path(__file__).parent)
LIMITS = Limits(body_bytes=100, target_bytes=40, head_bytes=200, head_fields=5)
MARK = "b"


def http(data: bytes) -> None:
    """The first byte says how large the pieces are that the rest comes in."""
    size, stream = 1 + data[0] if data else 1, data[1:]
    whole, pieces = received([stream]), received(cut(stream, size))
    # However the bytes are cut, no request may turn into another.
    for one, other in zip(whole, pieces, strict=False):
        if isinstance(one, Request) and isinstance(other, Request):
            assert one == other


def received(pieces: list[bytes]) -> list[Any]:
    incoming = Incoming(LIMITS)
    for piece in pieces:
        incoming.feed(piece)
    ready = list(incoming.ready)
    for item in ready[:-1]:
        assert isinstance(item, Request), "something was read past a problem"
    for item in ready:
        if isinstance(item, Problem):
            check(item)
        else:
            assert len(item.body) <= LIMITS.body_bytes
            assert len(item.target) <= LIMITS.target_bytes
            assert len(item.headers) <= LIMITS.head_fields
            assert sum(len(x) for x in item.headers) <= LIMITS.head_bytes
            assert item.version in ("1.0", "1.1")
    return ready


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def form(data: bytes) -> None:
    """The first line is the rest of the content type."""
    line, _, body = data.partition(b"\n")
    with refused():
        mark = multipart.boundary("multipart/form-data; " + line.decode("latin-1"))
        parts = multipart.parse(body, mark)
        assert len(parts) <= multipart.MOST_PARTS
        assert sum(len(part.value) for part in parts) <= len(body)
        assert not any(b"\r\n--" + mark in part.value for part in parts)


def body_of(attribute: str, content_type: str) -> Callable[[bytes], None]:
    """Any body of one media type, read by a handler's data plane."""
    plane = DataPlane("fuzzed", loading.load(f"fuzzed:{attribute}", HERE))
    names = {parameter.name for parameter in plane.handler.signature.parameters}
    headers = {"content-type": content_type}

    def read(data: bytes) -> None:
        with refused():
            call = Call(1, Operation.PREDICT, "r", math.inf, headers, memoryview(data))
            assert plane.read(call).keys() <= names

    return read


def inference(attribute: str) -> Callable[[bytes], None]:
    """The first two bytes say how long the JSON is; 65535 leaves it to the whole body."""
    plane = DataPlane("fuzzed", loading.load(f"fuzzed:{attribute}", HERE))

    def read(data: bytes) -> None:
        length, body = int.from_bytes(data[:2], "big"), data[2:]
        headers = {} if length == 0xFFFF else {"inference-header-content-length": str(length)}
        with refused():
            call = Call(1, Operation.INFER, "r", math.inf, headers, memoryview(body))
            plane.read(call)

    return read


@atheris.instrument_func
def planted(data: bytes) -> None:
    """A mistake that must be found: the fuzzer works."""
    with refused():
        call = data.decode("ascii", "replace")
        if call.startswith("{") and call.endswith("}"):
            raise KeyError(call)


@contextlib.contextmanager
def refused() -> Any:
    try:
        yield
    except Problem as problem:
        check(problem)


def check(problem: Problem) -> None:
    assert problem.code in KINDS
    assert 400 <= problem.status < 500 or problem.code in (
        "not_implemented", "http_version_not_supported"
    ), problem.code  # fmt: skip
    assert problem.encode("r").startswith(b"{")
    assert len(problem.detail) < 2000


TARGETS: dict[str, Callable[[], Callable[[bytes], None]]] = {
    "http": lambda: http,
    "multipart": lambda: form,
    "json": lambda: body_of("everything", "application/json"),
    "form": lambda: body_of("everything", f"multipart/form-data; boundary={MARK}"),
    "npy": lambda: body_of("array", "application/x-npy"),
    "octets": lambda: body_of("numbers", "application/octet-stream"),
    "inference": lambda: inference("everything"),
    "inference-array": lambda: inference("array"),
    "planted": lambda: planted,
}

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]]())
    atheris.Fuzz()
