"""A line of the log as a value, and what became of a request in words."""

from __future__ import annotations

import pytest

from lading.gateway.problems import PROBLEMS, Problem
from lading.gateway.requests.request import Caller, parse
from lading.gateway.requests.why import why
from lading_runtime.tracing import received
from tests.unit.gateway.requests.lines import BEGAN, TRACE, called, line, request, span


def test_a_line_is_a_request() -> None:
    found = request("ocr", 1.5, 20.25, **called("b", "a"))
    assert found.began_us == BEGAN * 1_000_000 + 1500
    assert (found.duration_us, found.ended_us - found.began_us) == (20_250, 20_250)
    assert (found.trace_id, found.span_id) == (TRACE, span("b"))
    assert found.caller == Caller(span("b"), span("a"))
    assert (found.inside, found.service, found.flags, found.failed) == (True, "ocr", (), False)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[]", b"{}", line("a", 1, 1)[:-9], b"\xff\x00", b'{"time":"x"}'),
        *(b'{"time":"-1.500000"}', b'{"time":"99999999999999999999.500000"}'),
    ],
)
def test_what_is_no_whole_line_is_none(text: bytes) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("state", "caller"),
    [
        ("", None),
        (f"lading={span('b')}", Caller(span("b"))),
        (f"rojo=1, lading={span('b')}-{span('a')} ,congo=2", Caller(span("b"), span("a"))),
        ("lading=", None),
        ("lading=b-a", None),
        (f"lading@x={span('b')}", None),
    ],
)
def test_our_member_is_found_wherever_it_stands(state: str, caller: Caller | None) -> None:
    fields = {**called("b"), "tracestate": state}
    assert request("a", 0, 1, **fields).caller == caller


@pytest.mark.parametrize(
    ("traceparent", "is_one"),
    [
        (f"00-{TRACE}-{span('b')}-01", True),
        (f"cc-{TRACE}-{span('b')}-01", True),
        (f"cc-{TRACE}-{span('b')}-01-more", True),
        (f"00-{TRACE}-{span('b')}-01-more", False),
        (f"ff-{TRACE}-{span('b')}-01", False),
        (f"00-{'0' * 32}-{span('b')}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{span('b')}-01", False),
        ("not-one", False),
    ],
)
def test_what_servers_take_for_no_trace_is_none_and_its_state_says_nothing(
    traceparent: str, is_one: bool
) -> None:
    found = request("a", 0, 1, **{**called("b", "a"), "traceparent": traceparent})
    assert (received({"traceparent": traceparent}).trace_id == TRACE) is is_one
    assert (found.trace_id == TRACE, found.span_id == span("b")) == (is_one, is_one)
    assert (found.caller is not None) is is_one


def test_one_whose_client_went_away_has_milliseconds_alone() -> None:
    found = request("a", 0, 302, us=None, status=0, flags="DC", details="downstream_x")
    assert (found.duration_us, found.failed) == (302_000, True)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"status": 422}, "the service refused it"),
        ({"status": 500}, "the service failed"),
        ({"status": 503}, "the service could not answer then"),
        ({"status": 504}, "the service did not do it in time"),
        ({"status": 429}, "the service has as much to do as it takes on"),
        (
            {"status": 503, "flags": "UH", "details": "no_healthy_upstream"},
            "the service has no replica",
        ),
        (
            {"status": 504, "flags": "UT", "details": "response_timeout", "answered_us": None},
            "no answer in time",
        ),
        (
            {"status": 504, "flags": "UT", "details": "x", "sent_us": None, "answered_us": None},
            "no replica could be reached in time",
        ),
        ({"status": 504, "flags": "UT", "details": "x"}, "no replica was ready in time"),
        (
            {"status": 503, "flags": "UC", "details": "upstream_reset_before_response_started"},
            "the replica went away in the middle of it",
        ),
        ({"status": 503, "flags": "UF,URX", "details": "x"}, "no replica could be reached"),
        ({"status": 0, "flags": "DC", "details": "x"}, "the client went away"),
        ({"status": 0, "flags": "DC", "details": "x", "door": "inside"}, "the caller went away"),
        ({"status": 413, "details": "request_payload_too_large"}, "the body is too large"),
        (
            {"status": 404, "details": "direct_response"},
            "no service has this path",
        ),
        ({"status": 400, "flags": "DPE", "details": "http1.codec_error"}, "not well-formed HTTP"),
        ({"status": 500, "details": "something_new"}, "something new"),
    ],
)
def test_what_became_of_it_is_said_in_words(fields: dict[str, object], text: str) -> None:
    assert why(request("a", 0, 1, **fields)) == text


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.code)
def test_every_answer_of_the_gateways_own_has_words(problem: Problem) -> None:
    for flag in problem.flags or ("",):
        found = request(
            "a", 0, 1, status=problem.status, flags=flag, details="some_detail_of_envoy"
        )
        assert why(found) not in ("", "some detail of envoy")
