"""Graphs run with a caller that answers from functions: order, failures, fallbacks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lading_runtime.client.errors import Failure, InternalError, ServiceUnavailable
from lading_runtime.graphs.document import Call
from lading_runtime.graphs.loading import load
from lading_runtime.graphs.plane import Outcome
from lading_runtime.problem import PassedOn, Problem


class Services:
    """A caller: services are functions; `asked` is in the order of their beginning."""

    def __init__(self, **services: Any) -> None:
        self.services = services
        self.asked: list[str] = []
        self.ended: list[str] = []

    async def __call__(self, call: Call, arguments: Mapping[str, Any]) -> Any:
        self.asked.append(call.service)
        try:
            result = self.services[call.service](**arguments)
            return await result if asyncio.iscoroutine(result) else result
        finally:
            self.ended.append(call.service)


def call(service: str, otherwise: Any = None, **arguments: Any) -> dict[str, Any]:
    node = {"kind": "call", "service": service, "arguments": arguments}
    return {**node, "otherwise": otherwise} if otherwise else node


def ref(*path: str | int, **more: Any) -> dict[str, Any]:
    return {"kind": "reference", "path": list(path), **more}


def constant(value: Any) -> dict[str, Any]:
    return {"kind": "constant", "value": value}


def given(value: Any) -> dict[str, Any]:
    return {"kind": "given", "value": constant(value)}


def ensemble(method: str, *members: Any, **more: Any) -> dict[str, Any]:
    usual = {"weights": [1] * len(members), "needs": len(members)}
    return {"kind": "ensemble", "method": method, "members": list(members), **usual, **more}


def run(folder: Path, services: Services, steps: dict[str, Any], output: Any, **inputs: Any) -> Any:
    document = {
        "version": 1,
        "input": [{"name": name, "type": "any"} for name in inputs],
        "steps": steps,
        "output": output,
    }
    path = folder / "graph.json"
    path.write_text(json.dumps(document))
    predict = load(str(path), services).predict
    assert predict is not None
    try:
        return asyncio.run(predict(**inputs))
    except PassedOn as error:
        problem = error.problem()
        assert problem is not None
        raise problem from None


def down(service: str) -> Any:
    def fail(**_: Any) -> Any:
        raise ServiceUnavailable(Failure(service, "no replica is ready", 503, "no_replica"))

    return fail


def test_steps_run_in_the_order_of_what_they_refer_to(tmp_path: Path) -> None:
    services = Services(double=lambda x: x * 2, add=lambda x, y: x + y)
    steps = {
        "last": call("add", x=ref("second"), y=ref("first")),
        "second": call("double", x=ref("first")),
        "first": call("double", x=ref("x")),
    }
    assert run(tmp_path, services, steps, ref("last"), x=1) == 6
    assert services.asked == ["double", "double", "add"]


def test_steps_that_do_not_wait_for_one_another_run_at_once(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    async def meet() -> str:
        await asyncio.wait_for(both.wait(), 5)
        return "met"

    steps = {"a": call("meet"), "b": call("meet")}
    output = {"kind": "items", "items": [ref("a"), ref("b")]}
    assert run(tmp_path, Services(meet=meet), steps, output) == ["met", "met"]


def test_only_the_case_that_came_runs(tmp_path: Path) -> None:
    services = Services(en=lambda: "hello", de=lambda: "hallo")
    switch = {"kind": "switch", "on": ref("code"), "cases": {"en": call("en"), "3": call("de")}}
    assert run(tmp_path, services, {"s": switch}, ref("s"), code="en") == "hello"
    assert run(tmp_path, services, {"s": switch}, ref("s"), code=3) == "hallo"
    assert services.asked == ["en", "de"]
    with pytest.raises(Problem) as caught:
        run(tmp_path, services, {"s": switch}, ref("s"), code="fr")
    assert caught.value.code == "no_case"
    assert str(caught.value) == "step s: expected one of en, 3, came 'fr'"
    switch["default"] = given("?")
    assert run(tmp_path, services, {"s": switch}, ref("s"), code=[1]) == "?"


def test_a_case_need_not_wait_for_what_only_another_refers_to(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def slow() -> None:
        await asyncio.sleep(0.05)
        never.set()

    def fast() -> bool:
        return never.is_set()

    cases = {"a": call("fast"), "b": {"kind": "given", "value": ref("late")}}
    steps = {"late": call("slow"), "s": {"kind": "switch", "on": ref("x"), "cases": cases}}
    assert run(tmp_path, Services(slow=slow, fast=fast), steps, ref("s"), x="a") is False


def test_a_failed_node_without_a_fallback_names_step_and_service(tmp_path: Path) -> None:
    steps = {"page": call("ocr"), "more": call("late", x=ref("page"))}
    services = Services(ocr=down("ocr"), late=lambda x: x)
    with pytest.raises(Problem) as caught:
        run(tmp_path, services, steps, ref("more"))
    assert (caught.value.status, caught.value.code) == (503, "upstream_unavailable")
    assert str(caught.value) == "step page: service 'ocr': 503 no_replica: no replica is ready"
    assert caught.value.service == "ocr"
    assert services.asked == ["ocr"]


def test_a_failure_ends_what_is_under_way(tmp_path: Path) -> None:
    async def for_ever() -> None:
        await asyncio.sleep(60)

    services = Services(bad=down("bad"), slow=for_ever)
    with pytest.raises(Problem, match="step b: service 'bad'"):
        run(tmp_path, services, {"a": call("slow"), "b": call("bad")}, ref("a"))
    assert sorted(services.ended) == ["bad", "slow"]


def test_a_fallback_stands_for_a_failed_node_and_is_told(tmp_path: Path) -> None:
    services = Services(bad=down("bad"), good=lambda: {"code": "en"})
    steps = {
        "value": call("bad", otherwise=given({"code": "xx"})),
        "other": call("bad", otherwise=call("good")),
        "third": call("bad", otherwise=call("bad", otherwise=given(3))),
    }
    output = {"kind": "items", "items": [ref("value", "code"), ref("other", "code"), ref("third")]}
    outcome = run(tmp_path, services, steps, output)
    assert outcome == Outcome(["xx", "en", 3], outcome.fallbacks)
    assert sorted(set(outcome.fallbacks)) == ["other", "third", "value"]


def test_a_fallback_stands_for_what_an_answer_lacks(tmp_path: Path) -> None:
    services = Services(page=lambda: {"words": []})
    first = {"kind": "given", "value": ref("page", "words", 0, "text")}
    with pytest.raises(Problem) as caught:
        run(tmp_path, services, {"page": call("page"), "first": first}, ref("first"))
    assert str(caught.value) == "step first: $page.words has no position 0: it is a list of 0"
    steps = {"page": call("page"), "first": {**first, "otherwise": given("")}}
    assert run(tmp_path, services, steps, ref("first")).value == ""


def test_members_of_parallel_are_one_object(tmp_path: Path) -> None:
    services = Services(bad=down("bad"), good=lambda: 1)
    members = {"x": call("good"), "y": call("bad", otherwise=given(2))}
    steps = {"both": {"kind": "parallel", "members": members}}
    assert run(tmp_path, services, steps, ref("both")) == Outcome({"x": 1, "y": 2}, ("both.y",))
    steps["both"]["members"]["y"] = call("bad")
    with pytest.raises(Problem, match=r"step both\.y: service 'bad'"):
        run(tmp_path, services, steps, ref("both"))


def test_an_ensemble_may_do_without_some_of_its_members(tmp_path: Path) -> None:
    services = Services(bad=down("bad"), one=lambda: {"p": 1}, four=lambda: {"p": 4})
    members = [call("one"), call("bad"), call("four")]
    enough = ensemble("mean", *members, needs=2, weights=[2, 5, 1], take=["p"])
    assert run(tmp_path, services, {"e": enough}, ref("e")) == Outcome(2.0, ("e[1]",))
    with pytest.raises(Problem, match=r"step e\[1\]: service 'bad'"):
        run(tmp_path, services, {"e": ensemble("mean", *members, needs=3)}, ref("e"))
    unlike = ensemble("mean", call("one"), call("four"), take=["q"])
    with pytest.raises(Problem) as caught:
        run(tmp_path, services, {"e": unlike}, ref("e"))
    told = "step e[0]: the result has no field 'q': it is an object with 'p'"
    assert str(caught.value) == told


def test_members_that_are_unlike_fail_the_ensemble(tmp_path: Path) -> None:
    services = Services(one=lambda: 1, text=lambda: "a")
    with pytest.raises(Problem) as caught:
        steps = {"e": ensemble("mean", call("one"), call("text"))}
        run(tmp_path, services, steps, ref("e"))
    told = "the mean cannot be taken: expected numbers, came a number and text"
    assert str(caught.value) == f"step e: {told}"


def test_steps_within_a_case_see_what_is_around_them(tmp_path: Path) -> None:
    services = Services(double=lambda x: x * 2)
    inner = {
        "kind": "steps",
        "steps": {"b": call("double", x=ref("a")), "c": call("double", x=ref("b"))},
        "output": {"kind": "object", "entries": {"c": ref("c"), "x": ref("x")}},
    }
    switch = {"kind": "switch", "on": ref("x"), "cases": {}, "default": inner}
    steps = {"a": call("double", x=ref("x")), "s": switch}
    assert run(tmp_path, services, steps, ref("s"), x=1) == {"c": 8, "x": 1}


def test_bytes_that_came_as_text_are_bytes_again(tmp_path: Path) -> None:
    services = Services(draw=lambda: {"png": "AAE="}, size=lambda image: image.hex())
    steps = {"drawn": call("draw"), "n": call("size", image=ref("drawn", "png", base64=True))}
    assert run(tmp_path, services, steps, ref("n")) == "0001"


def test_an_error_of_the_called_service_keeps_its_words(tmp_path: Path) -> None:
    def fail() -> Any:
        raise InternalError(Failure("a", "the log says why", 500, "internal_error", "abc"))

    with pytest.raises(Problem) as caught:
        run(tmp_path, Services(a=fail), {"s": call("a")}, ref("s"))
    assert (caught.value.status, caught.value.code) == (502, "upstream_failed")
    assert "service 'a': 500 internal_error: the log says why" in str(caught.value)
