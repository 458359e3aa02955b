"""Arguments on the wire. What a form holds is read by the runtime's own reader in contracts."""

from __future__ import annotations

import email.message
import email.parser
import email.policy
import io
import json
from datetime import date
from typing import Any

import numpy
import pytest

from lading_runtime.client import requests
from lading_runtime.client.address import Address


def parts(body: requests.Body) -> list[tuple[Any, Any, bytes]]:
    """Name, file name and content of each, by the standard library's reader."""
    head = f"content-type: {body.media_type}\r\n\r\n".encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    found = parser.parsebytes(head + body.content)
    assert found.is_multipart()
    return [
        (x.get_param("name", header="content-disposition"), x.get_filename(), content(x))
        for x in found.iter_parts()
    ]


def content(part: email.message.Message) -> bytes:
    given = part.get_payload(decode=True)
    assert isinstance(given, bytes)
    return given


def test_plain_arguments_are_one_json_object() -> None:
    body = requests.body({"self": 1, "when": date(2026, 1, 2), "deep": {"image": b"abc"}})
    assert body.media_type == "application/json"
    assert json.loads(body.content) == {
        "self": 1,
        "when": "2026-01-02",
        "deep": {"image": "YWJj"},
    }


def test_arrays_and_scalars_of_numpy_are_lists_and_numbers() -> None:
    body = requests.body({"rows": numpy.eye(2), "size": numpy.int64(3)})
    assert json.loads(body.content) == {"rows": [[1.0, 0.0], [0.0, 1.0]], "size": 3}


def test_models_of_pydantic_are_objects() -> None:
    class Model:
        def model_dump(self, mode: str) -> dict[str, str]:
            return {"mode": mode}

    assert json.loads(requests.body({"box": Model()}).content) == {"box": {"mode": "json"}}


def test_bytes_and_open_files_make_a_form() -> None:
    body = requests.body(
        {
            "image": b"\x00\r\n--",
            "more": [b"1", memoryview(b"2"), io.BytesIO(b"3")],
            "language": "größe",
            "box": {"width": 3},
            "none": None,
            "empty": [],
        }
    )
    assert parts(body) == [
        ("image", "image", b"\x00\r\n--"),
        ("more", "more", b"1"),
        ("more", "more", b"2"),
        ("more", "more", b"3"),
        ("language", None, "größe".encode()),
        ("box", None, b'{"width":3}'),
        ("none", None, b"null"),
        ("empty", None, b"[]"),
    ]


def test_a_name_cannot_leave_its_quotes() -> None:
    body = requests.body({'a"; filename="b\r\nx: y': b"1"})
    assert b'name="a%22; filename=%22b%0D%0Ax: y"' in body.content


def test_what_cannot_be_sent_is_named() -> None:
    with pytest.raises(TypeError, match=r"^argument 'box': a object cannot be sent as JSON$"):
        requests.body({"fine": 1, "box": [object()]})
    with pytest.raises(TypeError, match=r"^argument 'image': expected a file of bytes, its read\("):
        requests.body({"image": io.StringIO("text")})
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match=r"^argument 'box': nested too deeply, or within itself$"):
        requests.body({"box": endless, "image": b""})


def test_a_large_body_is_not_copied_to_stand_behind_its_head() -> None:
    content = bytes(100_000)
    address = Address("h", 81, "", "/prefix")
    head, body = requests.encode(
        address, "/ocr/predict", requests.Body(content, "a/b"), {"accept": "*/*"}
    )
    assert body is content
    assert head == (
        b"POST /prefix/ocr/predict HTTP/1.1\r\nhost: h:81\r\ncontent-type: a/b\r\n"
        b"content-length: 100000\r\naccept: */*\r\n\r\n"
    )
