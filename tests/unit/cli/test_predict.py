from pathlib import Path

import httpx
import pytest

from lading.cli.predict import _failed, _parse, _prediction
from lading.errors import PredictionFailed, UsageError


def test_values_are_sent_as_they_were_typed_and_files_by_their_path(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"png")
    values, files = _parse(
        ("n=3", "xs=[1, 2.5]", "name=Ada = Lovelace", "empty=", f"image=@{picture}")
    )
    assert values == {"n": "3", "xs": "[1, 2.5]", "name": "Ada = Lovelace", "empty": ""}
    assert files == {"image": picture}


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (404, b"[]", "ocr: 404: []"),
        (500, b'{"errors": [1]}', 'ocr: 500: {"errors": [1]}'),
        (502, b"<html>", "ocr: 502: <html>"),
        (404, b'{"code": "unknown_service", "detail": "no"}', "ocr: 404 unknown_service: no"),
    ],
)
def test_an_answer_that_is_no_problem_document_is_shown(
    status: int, content: bytes, message: str
) -> None:
    assert str(_failed("ocr", httpx.Response(status, content=content))) == message


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        (
            "the log says why, under request id a1",
            "front: 500 internal_error: `lading trace a1 --logs` shows why",
        ),
        (
            "service 'words': 500 internal_error: the log says why, under request id a1",
            "front: 500 internal_error: service 'words': 500 internal_error: "
            "`lading trace a1 --logs` shows why",
        ),
        ("the log says why", "front: 500 internal_error: `lading trace a1 --logs` shows why"),
        ("too many", "front: 500 internal_error: too many (request a1)"),
    ],
)
def test_where_the_log_says_why_the_command_that_shows_it_is_said_once(
    detail: str, message: str
) -> None:
    document = {"code": "internal_error", "detail": detail, "request_id": "a1"}
    assert str(_failed("front", httpx.Response(500, json=document))) == message


def test_an_answer_that_is_not_json_is_no_prediction() -> None:
    with pytest.raises(PredictionFailed, match="ocr: no prediction: expected JSON, got '<html>'"):
        _prediction("ocr", httpx.Response(200, content=b"<html>"))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (("oops",), "-i: not an input: expected name=value or name=@file, got oops"),
        (("x=\udcff",), "-i: not an input: expected name=value or name=@file, got x=\udcff"),
        (("=3",), "-i: not an input: expected name=value or name=@file, got =3"),
        (("a=1", "a=2"), "-i: 'a' is given twice"),
        (("a=@/no/such/file",), "-i a: there is no such file: got /no/such/file"),
    ],
)
def test_what_cannot_be_read_is_said(inputs: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        _parse(inputs)
    assert str(error.value) == message
