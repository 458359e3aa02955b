"""A tree of requests, drawn."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from lading.cli import waterfall
from lading.gateway.requests.tree import Node, forest
from tests.unit.gateway.requests.lines import BEGAN, TRACE, called, request, span, traced

AT = f"{datetime.fromtimestamp(BEGAN, UTC).astimezone():%Y-%m-%d %H:%M:%S}.000"


def tree() -> Node:
    (found,) = forest(
        [
            request("translator", 0, 100, sent_us=25_000),
            request("ocr", 10, 40.04, **called("b")),
            request("words", 20, 10, path="/words", **called("c", "b")),
            request("detect", 10, 20, **called("d"), method="GET", path="/v2/models/detect"),
            request(
                *("translate-de-en", 60, 30),
                **called("e"),
                **{"status": 504, "flags": "UT", "details": "response_timeout"},
                **{"tries": 3, "answered_us": None},
            ),
        ]
    )
    return found


def test_a_tree_is_a_line_for_each_request() -> None:
    assert waterfall.lines(tree(), None) == [
        "request r-1",
        f"trace {TRACE}",
        f"{AT}, 100.0 ms, 4 calls, 1 of 5 failed",
        "",
        "SERVICE             REQUEST                STATUS  START   TOOK   OWN",
        "translator          POST /predict          200       0.0  100.0  30.0"
        "  sent on after 25.0 ms",
        "├─ ocr              POST /predict          200      10.0   40.0  30.0",
        "│  └─ words         POST /                 200      20.0   10.0  10.0",
        "├─ detect           GET /v2/models/detect  200      10.0   20.0  20.0",
        "└─ translate-de-en  POST /predict          504      60.0   30.0  30.0"
        "  no answer in time; 3 tries",
    ]


def test_bars_show_when_and_are_thin_while_calls_are_under_way() -> None:
    assert [line[69:] for line in waterfall.lines(tree(), 120)[5:]] == [
        "  ██─────────██──────██  sent on after 25.0 ms",
        "    ██──█████",
        "      ███",
        "    █████",
        "              ███████    no answer in time; 3 tries",
    ]


def test_a_terminal_that_is_too_narrow_gets_no_bars() -> None:
    assert waterfall.lines(tree(), 100) == waterfall.lines(tree(), None)


def test_what_is_not_there_yet_is_said() -> None:
    (found,) = forest([request("ocr", 0, 10, **called("b", "a"))])
    assert waterfall.lines(found, None)[2:] == [
        f"{AT}, 10.0 ms, 1 call",
        "",
        "SERVICE  REQUEST        STATUS  START  TOOK   OWN",
        "?                       -         0.0              still being answered, or no longer in"
        " the log",
        "└─ ocr   POST /predict  200       0.0  10.0  10.0",
    ]


def test_what_clients_sent_does_not_steer_the_terminal() -> None:
    (found,) = forest([request("a", 0, 1, id="\x1b[31m\u202e", path="/a/\x07\x1b]0;x")])
    text = "\n".join(waterfall.lines(found, 120))
    assert "request \\x1b[31m\\x202e" in text
    assert "POST /\\x07\\x1b]0;x" in text
    assert all(character.isprintable() for character in text.replace("\n", ""))


@pytest.mark.parametrize(
    ("path", "start", "note"),
    [
        ("/wrods/predict", "wrods    POST /predict  404 ", "there is no service wrods"),
        ("/favicon.ico", "-        POST /favicon.ico  404 ", "no service has this path"),
        ("/", "-        POST /  404 ", "no service has this path"),
        ("/.git/config", "-        POST /.git/config  404 ", "no service has this path"),
    ],
)
def test_a_path_that_no_service_has_is_one_of_a_service_only_where_it_is_like_one(
    path: str, start: str, note: str
) -> None:
    (found,) = forest([request("", 0, 1, path=path, status=404, details="direct")])
    said = re.sub(r" +404 ", "  404 ", waterfall.lines(found, None)[-1])
    assert said.startswith(start)
    assert said.endswith(f"  {note}")


def test_programs_get_times_in_numbers() -> None:
    (found,) = forest(
        [request("front", 0, 10, **traced("a")), request("ocr", 2, 3, **called("b", "a"))]
    )
    whole = json.loads(json.dumps(waterfall.document(found)))
    (call,) = whole.pop("calls")
    assert whole == {
        "request_id": "r-1",
        "trace_id": TRACE,
        "service": "front",
        "method": "POST",
        "path": "/front/predict",
        "inside": False,
        "status": 200,
        "failed": False,
        "why": "",
        "began": "2026-11-18T11:06:40+00:00",
        "start_ms": 0.0,
        "duration_ms": 10.0,
        "own_ms": 7.0,
        "sent_ms": 0.2,
        "answered_ms": 9.95,
        "tries": 1,
        "replica": "/run/front.sock",
        "bytes_in": 10,
        "bytes_out": 20,
        "span_id": span("a"),
    }
    assert (call["service"], call["start_ms"], call["calls"]) == ("ocr", 2.0, [])
