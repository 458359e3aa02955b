"""Requests below those that made them."""

from __future__ import annotations

import time
from typing import Any

from lading.cli import waterfall
from lading.gateway.requests.tree import Node, forest
from tests.unit.gateway.requests.lines import called, request, traced

OTHER = "0af7651916cd43dd8448eb211c80319c"
INSIDE = {"door": "inside"}


def shape(node: Node) -> Any:
    """A name, or a name and what is below it."""
    name = node.request.service if node.request else "?"
    return (name, [shape(call) for call in node.calls]) if node.calls else name


def shapes(*requests: Any) -> list[Any]:
    made = [request(service, began, took, **fields) for service, began, took, fields in requests]
    # In the order in which they were over, as the log has them.
    return [shape(tree) for tree in forest(sorted(made, key=lambda one: one.ended_us))]


def test_calls_hang_below_the_request_they_were_made_for() -> None:
    assert shapes(
        ("front", 0, 100, traced("a")),
        ("ocr", 1, 40, called("b", "a")),
        ("detect", 45, 10, called("c", "a")),
        ("words", 10, 20, called("d", "b")),
    ) == [("front", [("ocr", ["words"]), "detect"])]


def test_calls_side_by_side_are_told_apart_though_their_times_are_one() -> None:
    assert shapes(
        ("front", 0, 100, traced("a")),
        ("left", 1, 50, called("b", "a")),
        ("right", 1, 50, called("c", "a")),
        ("deep", 2, 10, called("d", "c")),
        ("deeper", 3, 5, called("e", "d")),
    ) == [("front", ["left", ("right", [("deep", ["deeper"])])])]


def test_a_request_without_a_trace_has_the_calls_of_its_id() -> None:
    assert shapes(
        ("front", 0, 100, {}),
        ("ocr", 1, 40, called("b")),
        ("words", 10, 20, called("d", "b")),
        ("front", 200, 10, {"id": "r-2"}),
    ) == [("front", [("ocr", ["words"])]), "front"]


def test_requests_of_one_id_have_each_their_own_calls() -> None:
    assert shapes(
        ("front", 0, 10, {}),
        ("ocr", 2, 3, called("b")),
        ("front", 20, 10, {}),
        ("detect", 22, 3, called("c", trace=OTHER)),
    ) == [("front", ["ocr"]), ("front", ["detect"])]


def test_requests_of_one_id_at_one_time_have_a_trace_each() -> None:
    found = shapes(
        ("front", 0, 50, {}),
        ("front", 1, 50, {}),
        ("ocr", 2, 3, called("b")),
        ("ocr", 2.5, 3, called("c", trace=OTHER)),
        ("words", 10, 3, called("d")),
        ("words", 11, 3, called("e", trace=OTHER)),
    )
    assert found == [("front", ["ocr", "words"])] * 2


def test_traces_do_not_mix_though_their_spans_are_the_same() -> None:
    assert shapes(
        ("one", 0, 100, traced("a")),
        ("two", 1, 100, traced("a", OTHER)),
        ("below-two", 2, 10, called("b", "a", OTHER)),
        ("below-one", 3, 10, called("c", "a")),
    ) == [("one", ["below-one"]), ("two", ["below-two"])]


def test_a_call_that_was_sent_again_stands_twice_each_with_its_own_calls() -> None:
    assert shapes(
        ("front", 0, 100, traced("a")),
        ("ocr", 1, 10, {**called("b", "a"), "status": 503}),
        ("words", 2, 5, called("c", "b")),
        ("ocr", 20, 10, called("b", "a")),
        ("words", 22, 5, called("d", "b")),
    ) == [("front", [("ocr", ["words"]), ("ocr", ["words"])])]


def test_a_call_after_the_answer_still_belongs_to_its_request() -> None:
    (tree,) = forest(
        [request("front", 0, 10, **traced("a")), request("late", 50, 20, **called("b", "a"))]
    )
    assert shape(tree) == ("front", ["late"])
    assert (tree.last_us - tree.began_us, tree.own_us) == (70_000, 10_000)


def test_a_service_that_passes_headers_on_as_they_came_calls_below_itself() -> None:
    assert shapes(
        ("front", 0, 100, {}),
        ("node", 1, 90, called("b")),
        ("ocr", 5, 10, called("b")),
        ("words", 7, 2, called("c", "b")),
        ("detect", 20, 10, called("b")),
    ) == [("front", [("node", [("ocr", ["words"]), "detect"])])]


def test_a_service_with_spans_of_its_own_calls_below_itself() -> None:
    theirs = {**traced("x"), "tracestate": called("b")["tracestate"], **INSIDE}
    assert shapes(
        ("front", 0, 100, {}),
        ("node", 1, 90, called("b")),
        ("ocr", 5, 10, theirs),
        ("words", 7, 2, called("c", "x")),
    ) == [("front", [("node", [("ocr", ["words"])])])]


def test_a_service_that_passes_on_the_id_alone_calls_below_what_was_under_way() -> None:
    assert shapes(
        ("front", 0, 100, {}),
        ("node", 1, 50, called("b")),
        ("ocr", 5, 10, INSIDE),
        ("ocr", 60, 10, INSIDE),
        ("ocr", 70, 10, {**INSIDE, "id": "r-2"}),
    ) == [("front", [("node", ["ocr"]), "ocr"]), "ocr"]


def test_a_request_that_is_still_being_answered_is_known_by_its_calls() -> None:
    assert shapes(
        ("ocr", 1, 40, called("b", "a")),
        ("words", 5, 4, called("d", "b")),
        ("detect", 45, 10, called("c", "a")),
    ) == [("?", [("ocr", ["words"]), "detect"])]


def test_a_trace_that_began_elsewhere_begins_here_with_each_request() -> None:
    both = traced("a")
    assert shapes(
        ("one", 0, 30, both),
        ("two", 5, 10, both),
        ("below", 6, 3, called("b", "a")),
    ) == ["one", ("two", ["below"])]


def test_a_call_from_another_app_begins_here() -> None:
    assert shapes(
        ("front", 0, 100, {**called("b", "a"), "door": "outside"}),
        ("ocr", 1, 40, called("c", "b")),
        ("other", 200, 5, {**called("d"), "door": "outside"}),
    ) == [("front", ["ocr"]), "other"]


def test_a_client_that_names_its_last_request_the_caller_of_the_next_makes_no_endless_tree() -> (
    None
):
    member = [f"{number:016x}" for number in range(1, 2001)]
    trees = forest(
        request(
            "a", n * 2, 1, traceparent=f"00-{OTHER}-{own}-01", tracestate=f"lading={own}-{last}"
        )
        for n, (own, last) in enumerate(zip(member, ["f" * 16, *member[:-1]], strict=True))
    )
    assert sum(len(list(tree.requests())) for tree in trees) == 2000
    assert all(waterfall.lines(tree, 120) and waterfall.document(tree) for tree in trees)


def test_thousands_of_calls_with_one_id_are_told_apart_at_once() -> None:
    calls = [request("poll", n * 10, 5, door="inside") for n in range(10_000)]
    begin = time.process_time()
    assert len(forest(calls)) == 10_000
    assert time.process_time() - begin < 3


def test_a_caller_of_the_same_microsecond_is_no_caller_of_itself() -> None:
    same = {**called("b", "b")}
    assert shapes(("one", 0, 10, same), ("two", 0, 10, same)) == [("?", [("one", ["two"])])]


def test_own_time_is_what_calls_leave_those_side_by_side_counted_once() -> None:
    (tree,) = forest(
        [
            request("front", 0, 100, **traced("a")),
            request("one", 10, 30, **called("b", "a")),
            request("two", 20, 30, **called("c", "a")),
            request("three", 25, 5, **called("d", "a")),
            request("late", 90, 50, **called("e", "a")),
        ]
    )
    # 10 to 50 and 90 to 100 were spent on calls.
    assert tree.own_us == 50_000
