"""Ten thousand hostile requests: no 500, no traceback, no hang, and health is fine after."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from pathlib import Path

import pytest

from tests.contracts.runtime.serving import Server, serve

CASES = 2_500
"""Of each kind; four kinds."""
VALID = (
    b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    b'Content-Length: 26\r\n\r\n{"value": [1, {"a": "b"}]}',
    b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
    b'Expect: 100-continue\r\n\r\n5\r\n{"val\r\n9;x=y\r\nue": 1}  \r\n0\r\nA: b\r\n\r\n',
    b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    b"HEAD /readyz HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 64\r\n\r\n"
    b'--b\r\nContent-Disposition: form-data; name="value"\r\n\r\n[1]\r\n--b--\r\n',
)
TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b":", b" ", b"\t", b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1", b"HTTP/9.9",
    b"Expect: 100-continue\r\n", b"Upgrade: x\r\nConnection: upgrade\r\n", b"%00", b"//", b"?",
    b"#", b"CONNECT h:1 HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"ffffffffffffffff\r\n", b"0\r\n\r\n",
    b"A" * 9000,
    b'"', b"--b", b"--b--", b'name="', b"\\ud800", b"1e999", b"NaN", b"[" * 2000, b'{"value":',
    b"application/json", b"content-encoding: gzip\r\n", b"Host: h\r\n", b"x-request-id: a\r\n",
)  # fmt: skip
WHOLE = (
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="f"\r\n\r\nx\r\n'
    b'--b\r\nContent-Disposition: form-data; name="box"\r\n\r\n{"width": 1}\r\n'
)
LEAVES = (
    None, True, 0, -1, 2**63, 10**30, 1.5, -0.0, 1e300, "", "é\u2028", "\x00", "eng", "red",
    "2026-01-01T00:00:00Z", "AAAA", "=", [], {}, "a" * 300,
)  # fmt: skip
NAMES = ("image", "box", "width", "label", "language", "colour", "when", "options", "deep", "tags")


def mutated(random: random.Random) -> bytes:
    raw = bytearray(random.choice(VALID))
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(raw) + 1)
        kind = random.randrange(4)
        if kind == 0:
            raw[at:at] = random.choice(TOKENS)
        elif kind == 1:
            del raw[at : at + random.randint(1, 20)]
        elif kind == 2 and at < len(raw):
            raw[at] = random.randrange(256)
        else:
            raw[at:at] = raw[: random.randrange(len(raw) + 1)]
    return bytes(raw)


def value(random: random.Random, depth: int = 3) -> object:
    kind = random.randrange(4) if depth else 0
    if kind == 1:
        return [value(random, depth - 1) for _ in range(random.randrange(4))]
    if kind == 2:
        return {random.choice(NAMES): value(random, depth - 1) for _ in range(random.randrange(4))}
    return random.choice(LEAVES)


def json_request(random: random.Random) -> bytes:
    names = random.sample(NAMES, random.randrange(5))
    fields = {name: value(random) for name in names}
    if random.random() < 0.5:
        fields.update(image="AAAA", box={"width": 1, "label": value(random, 1)})
    body = json.dumps(fields, ensure_ascii=random.random() < 0.8).encode()
    if random.random() < 0.2:
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(TOKENS) + body[at:]
    return post(b"application/json", body)


def multipart_request(random: random.Random) -> bytes:
    body = random.choice((b"", WHOLE))
    for _ in range(random.randrange(5)):
        name = random.choice((*NAMES, "value", "value")).encode()
        file = b'; filename="f"' if random.random() < 0.5 else b""
        body += b'--b\r\nContent-Disposition: form-data; name="' + name + b'"' + file
        body += b"\r\n\r\n" + json.dumps(value(random)).encode() + b"\r\n"
    body += b"--b--\r\n"
    if random.random() < 0.5:
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(TOKENS) + body[at + random.randrange(9) :]
    return post(b"multipart/form-data; boundary=b", body)


def post(kind: bytes, body: bytes) -> bytes:
    head = (
        b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: " + kind
    )
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def answered(server: Server, raw: bytes) -> bytes:
    """What came back, having closed our half; a client that is not whole may get nothing."""
    received = b""
    with server.connect() as connection:
        connection.settimeout(5)
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass
    return received


@pytest.mark.parametrize(
    ("attribute", "make", "whole"),
    [
        ("echo", mutated, False),
        ("echo", multipart_request, True),
        ("Reader", json_request, True),
        ("Reader", multipart_request, True),
    ],
)
def test_hostile_requests_never_break_the_server(
    tmp_path: Path, attribute: str, make: object, whole: bool
) -> None:
    assert callable(make)
    chance = random.Random(f"{attribute} {make.__name__}")
    statuses: dict[bytes, int] = {}
    with serve(tmp_path, attribute) as server:
        started = time.monotonic()
        for _ in range(CASES):
            raw = make(chance)
            received = server.exchange(raw) if whole else answered(server, raw)
            found = re.findall(rb"^HTTP/1\.1 (\d\d\d) ", received, re.MULTILINE)
            assert found or not whole, raw
            assert b"500" not in found, raw
            for status in found:
                statuses[status] = statuses.get(status, 0) + 1
        assert time.monotonic() - started < 60
        with server.client() as client:
            assert client.get("/healthz").status_code == 200
            assert client.get("/readyz").status_code == 200
        assert server.process.poll() is None
        assert "raceback" not in server.log()
        assert server.stop() == 0
    # The cases are of use only while they reach past the first check.
    assert len(statuses) >= 3, statuses
