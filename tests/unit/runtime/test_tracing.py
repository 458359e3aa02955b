"""Traces as W3C Trace Context has them, and the request that is being answered."""

from __future__ import annotations

import asyncio
import contextvars
import os
import re
import threading

import pytest

from lading_runtime.tracing import Context, Trace, activate, begun, child, current, received

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CONTEXT = Context("r-1", Trace(ID, PARENT), 12.5)


@pytest.mark.parametrize(
    ("parent", "flags"),
    [
        (f"00-{ID}-{PARENT}-01", "01"),
        (f"00-{ID}-{PARENT}-00", "00"),
        (f"00-{ID}-{PARENT}-ff", "03"),
        (f"01-{ID}-{PARENT}-01", "01"),
        (f"cc-{ID}-{PARENT}-01-what-the-future-adds", "01"),
    ],
)
def test_a_trace_is_carried_on_with_a_span_of_its_own(parent: str, flags: str) -> None:
    trace = received({"traceparent": parent, "tracestate": "congo=t61rcWkgMzE"})
    assert (trace.trace_id, trace.flags, trace.state) == (ID, flags, "congo=t61rcWkgMzE")
    assert trace.span_id != PARENT
    assert trace.came_as == PARENT
    assert trace.headers() == (
        ("traceparent", f"00-{ID}-{trace.span_id}-{flags}"),
        ("tracestate", "congo=t61rcWkgMzE"),
    )


@pytest.mark.parametrize(
    "parent",
    [
        "",
        f"ff-{ID}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID.upper()}-{PARENT}-01",
        f"00-{ID}-{PARENT}-01-more",
        f"01-{ID}-{PARENT}-01more",
        f"00-{ID}-{PARENT}",
        f"00-{ID}-{PARENT}-01, 00-{ID}-{PARENT}-01",
        f"00-{ID}-{PARENT}-01\n",
    ],
)
def test_what_is_no_trace_begins_a_new_one(parent: str) -> None:
    trace = received({"traceparent": parent, "tracestate": "a=b"})
    assert trace.trace_id != ID
    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)
    assert trace.headers() == (("traceparent", f"00-{trace.trace_id}-{trace.span_id}-01"),)


@pytest.mark.parametrize("state", ["a=b\r\nx: y", "a=\xe9", "a=" + "b" * 5000])
def test_a_state_that_cannot_be_sent_on_is_dropped(state: str) -> None:
    trace = received({"traceparent": f"00-{ID}-{PARENT}-01", "tracestate": state})
    assert (trace.trace_id, trace.state) == (ID, "")


def test_a_child_is_another_span_of_the_same_trace() -> None:
    trace = begun()
    assert child(trace)._replace(span_id="", state="") == trace._replace(span_id="")
    assert len({child(trace).span_id for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("came", "others"),
    [
        ("", ""),
        (" , \t", ""),
        ("a=b,  c=d\t,", ",a=b,c=d"),
        ("a=b,lading=1-2,c=d", ",a=b,c=d"),
        ("lading@team=1,ladings=2", ",lading@team=1,ladings=2"),
        (
            ",".join(f"k{n}=v" for n in range(32)),
            "".join(f",k{n}=v" for n in range(31)),
        ),
    ],
)
def test_a_call_tells_first_for_which_request_it_is_made(came: str, others: str) -> None:
    trace = Trace(ID, "1" * 16, state=came, came_as=PARENT)
    made = child(trace)
    assert made.state == f"lading={made.span_id}-{PARENT}{others}"


def test_a_call_for_a_request_without_a_trace_tells_of_itself_alone() -> None:
    made = child(received({}))
    assert made.state == f"lading={made.span_id}"


def test_forked_processes_begin_different_traces() -> None:
    seen = {begun().trace_id}
    for _ in range(2):
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.write(writing, begun().trace_id.encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as end:
            seen.add(end.read().decode())
        os.waitpid(process, 0)
    assert len(seen) == 3


def test_the_request_is_current_where_context_variables_reach_and_nowhere_else() -> None:
    async def look() -> list[Context | None]:
        activate(CONTEXT)
        bare: list[Context | None] = []
        thread = threading.Thread(target=lambda: bare.append(current()))
        thread.start()
        thread.join()
        return [current(), await asyncio.to_thread(current), *bare]

    assert asyncio.run(look()) == [CONTEXT, CONTEXT, None]
    assert current() is None


def test_a_request_ends() -> None:
    def turn() -> tuple[Context | None, Context | None]:
        activate(CONTEXT)
        before = current()
        activate(None)
        return before, current()

    assert contextvars.copy_context().run(turn) == (CONTEXT, None)
