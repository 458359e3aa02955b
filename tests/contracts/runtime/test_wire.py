"""What every caller may rely on, over a UNIX socket and over TCP."""

from __future__ import annotations

import base64
import re

import httpx
import pytest

from tests.contracts.runtime.serving import Server


def test_json_arguments_are_converted_and_defaults_honoured(client: httpx.Client) -> None:
    image = base64.b64encode(b"\x00\x01\x02").decode()
    answer = client.post("/predict", json={"image": image, "box": {"width": 3}})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "bytes": 3,
        "box": {"width": 3, "label": ""},
        "language": "eng",
        "colour": "red",
        "when": None,
        "options": None,
        "tags": None,
    }


def test_multipart_takes_files_as_they_are_and_other_fields_as_json_or_text(
    client: httpx.Client,
) -> None:
    answer = client.post(
        "/predict",
        files={"image": ("a.png", bytes(range(256)))},
        data={
            "box": '{"width": 7}',
            "language": "deu",
            "colour": '"blue"',
            "when": "2026-01-02T03:04:05Z",
            "tags": '["a", "b"]',
        },
    )
    assert answer.status_code == 200
    assert answer.json()["bytes"] == 256
    assert answer.json()["box"] == {"width": 7, "label": ""}
    assert answer.json()["language"] == "deu"
    assert answer.json()["colour"] == "blue"
    assert answer.json()["when"] == "2026-01-02T03:04:05Z"
    assert answer.json()["tags"] == ["a", "b"]


def test_every_wrong_argument_is_named_with_what_was_expected_and_what_came(
    client: httpx.Client,
) -> None:
    answer = client.post(
        "/predict",
        json={"box": {"width": "wide"}, "languag": "eng", "colour": "green", "tags": [1]},
        headers={"x-request-id": "mine-1"},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:lading:problem:invalid_argument",
        "title": "Invalid argument",
        "status": 422,
        "code": "invalid_argument",
        "detail": "languag: expected 'language', came an unknown argument (and 4 more)",
        "request_id": "mine-1",
        "errors": [
            {"field": "languag", "expected": "'language'", "came": "an unknown argument"},
            {"field": "image", "expected": "bytes", "came": "nothing"},
            {"field": "box.width", "expected": "int", "came": "str"},
            {"field": "colour", "expected": "one of 'red', 'blue'", "came": '"green"'},
            {"field": "tags[0]", "expected": "str", "came": "int"},
        ],
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/readyz", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/../other/readyz", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"box":', 400, "malformed_json"),
        (b'{"image": NaN}', 400, "malformed_json"),
        (b'{"image": "\xff"}', 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
        (b'{"q":' + b"[" * 45000 + b"]" * 45000 + b"}", 400, "malformed_json"),
        (b'{"q": 1e999}', 400, "malformed_json"),
        (b"[1]", 422, "invalid_argument"),
        (b"", 422, "invalid_argument"),
        (b'{"box": {"width": ' + b"9" * 5000 + b"}}", 400, "malformed_json"),
        (b'{"box": {"width": 1e999}}', 400, "malformed_json"),
    ],
)
def test_json_at_its_edges_is_defined(
    client: httpx.Client, body: bytes, status: int, code: str
) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_last_of_two_equal_keys_counts(client: httpx.Client) -> None:
    body = b'{"image": "", "box": {"width": "wrong"}, "box": {"width": 1, "width": 2}}'
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422  # a value of the wrong type is refused wherever it stands
    body = b'{"image": "", "box": {"width": 1, "width": 2}}'
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.json()["box"]["width"] == 2


def test_a_media_type_that_is_not_read_is_refused_by_name(client: httpx.Client) -> None:
    answer = client.post("/predict", data={"a": "b"})
    assert answer.status_code == 415
    assert answer.json()["detail"] == (
        "expected application/json or multipart/form-data, came application/x-www-form-urlencoded"
        "; with curl, add -H 'Content-Type: application/json'"
    )


def test_a_request_id_is_kept_when_it_is_sane_and_made_when_it_is_not(
    client: httpx.Client,
) -> None:
    kept = client.get("/healthz", headers={"x-request-id": "abc-1"}).headers["x-request-id"]
    made = client.get("/healthz", headers={"x-request-id": "a b;<script>"}).headers["x-request-id"]
    assert kept == "abc-1"
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_health_answers_with_and_without_the_service_name(reader: Server) -> None:
    for path in ("/healthz", "/readyz", "/handlers/healthz", "/handlers/readyz"):
        raw = f"HEAD {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        assert reader.exchange(raw.encode()).startswith(b"HTTP/1.1 200 OK\r\n")
    for path in ("/predict", "/openapi.json", "/other/readyz"):
        raw = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        assert reader.exchange(raw.encode()).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_openapi_describes_both_ways_of_calling(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/handlers/predict"]["post"]["requestBody"]["content"]
    as_json = content["application/json"]["schema"]
    assert document["openapi"] == "3.1.0"
    assert as_json["required"] == ["image", "box"]
    assert as_json["properties"]["image"] == {"type": "string", "contentEncoding": "base64"}
    assert as_json["properties"]["box"] == {"$ref": "#/components/schemas/Box"}
    assert content["multipart/form-data"]["schema"]["properties"]["image"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
    }
    assert document["components"]["schemas"]["Box"]["required"] == ["width"]
