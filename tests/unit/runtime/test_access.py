"""Which requests the access log has a line for."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from lading_runtime import access

STATUSES = (200, 422, 500, 503)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [dict(json.loads(line)) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [("", [500, 503]), ("errors", [500, 503]), ("all", list(STATUSES)), ("none", [])],
)
def test_the_environment_says_which(
    kind: str,
    statuses: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LADING_ACCESS_LOG", kind)
    log = access.AccessLog("ocr")
    for status in STATUSES:
        log.answered("predict", status, "", 0.5, "r1")
    assert [x["status"] for x in logged(capsys)] == statuses


def test_a_line_tells_what_became_of_a_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LADING_ACCESS_LOG", "all")
    access.AccessLog("ocr").answered("predict", 422, "invalid_argument", 0.00123456, "r1")
    [line] = logged(capsys)
    line.pop("time")
    assert line == {
        "level": "info", "event": "request", "service": "ocr", "request_id": "r1",
        "operation": "predict", "status": 422, "code": "invalid_argument", "seconds": 0.001235,
    }  # fmt: skip


def test_errors_without_end_are_counted_instead_of_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = 7.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    log = access.AccessLog("ocr")
    for _ in range(access.MOST_ERRORS_A_SECOND + 50):
        log.answered("predict", 503, "queue_full", 0.0, "r1")
    assert len(logged(capsys)) == access.MOST_ERRORS_A_SECOND
    moment = 8.0
    log.answered("predict", 503, "queue_full", 0.0, "r2")
    count, line = logged(capsys)
    assert (count["event"], count["count"]) == ("requests not logged", 50)
    assert line["request_id"] == "r2"
