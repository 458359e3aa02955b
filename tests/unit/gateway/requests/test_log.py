"""The files of the request log."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.gateway.requests import log as requests_log
from lading.gateway.requests.finding import Wish, listed, meant_by, trees
from lading.gateway.requests.log import RequestLog
from tests.unit.gateway.requests.lines import BEGAN, TRACE, called, line, traced

OTHER = "0af7651916cd43dd8448eb211c80319c"


def written(folder: Path, *lines: bytes, old: tuple[bytes, ...] = ()) -> RequestLog:
    log = RequestLog(folder / "requests")
    log.make_folder()
    log.path.write_bytes(b"".join(one + b"\n" for one in lines))
    if old:
        log.old.write_bytes(b"".join(one + b"\n" for one in old))
    return log


def names(log: RequestLog, text: str) -> list[list[str]]:
    return [[one.service for one in tree.requests()] for tree in trees(log, text)]


def test_all_that_belongs_to_a_request_is_found_by_its_id_and_by_its_trace(tmp_path: Path) -> None:
    log = written(
        tmp_path,
        line("ocr", 2, 3, **called("b")),
        line("other", 3, 1, id="r-10"),
        line("other", 3, 1, id="ar-1", **traced("b", OTHER)),
        line("front", 0, 10),
        b'{"time": "17',
        old=(line("early", 1, 1, **called("c")),),
    )
    assert names(log, "r-1") == [["front", "early", "ocr"]]
    assert names(log, TRACE) == names(log, "r-1")
    assert names(log, "r-2") == names(log, "r-") == []


def test_of_a_trace_that_came_with_several_requests_only_the_one_asked_for_is_given(
    tmp_path: Path,
) -> None:
    log = written(
        tmp_path,
        line("below", 2, 3, id="one", **called("b", "a")),
        line("first", 0, 10, id="one", **traced("a")),
        line("second", 20, 10, id="two", **traced("f")),
    )
    assert names(log, "one") == [["first", "below"]]
    assert names(log, TRACE) == [["first", "below"], ["second"]]


@pytest.mark.parametrize("text", ['r"1', "r 1", "r\\1", "", "r\n1", "é", ".-.", "(", "r.1"])
def test_no_text_finds_what_it_is_not(tmp_path: Path, text: str) -> None:
    assert names(written(tmp_path, line("a", 0, 1)), text) == []


def test_the_beginning_of_an_id_stands_for_it_where_it_is_long_enough(tmp_path: Path) -> None:
    log = written(
        tmp_path,
        line("a", 0, 1, id="12345678-a"),
        line("b", 0, 1, id="12345678-b"),
        line("c", 0, 1, id="123456789", **traced("a")),
    )
    assert meant_by(log, "12345678-") == ["12345678-a", "12345678-b"]
    assert meant_by(log, "12345678-a") == ["12345678-a"]
    assert meant_by(log, "12345678") == ["12345678-a", "12345678-b", "123456789"]
    assert meant_by(log, TRACE[:8]) == [TRACE]
    assert meant_by(log, TRACE[:7]) == []
    assert meant_by(log, "nowhere-1") == []


def test_the_last_requests_of_clients_are_listed_newest_last(tmp_path: Path) -> None:
    log = written(
        tmp_path,
        line("call", 1, 2, **called("b")),
        line("front", 0, 10),
        line("probe", 11, 1, method="GET", path="/probe/readyz"),
        line("slow", 1, 90, id="r-2"),
        line("bad", 95, 3, id="r-3", status=500),
        old=(line("older", -90, 5, id="r-0"),),
    )

    def services(wish: Wish) -> list[str]:
        return [tree.request.service for tree in listed(log, wish) if tree.request]

    assert services(Wish()) == ["older", "front", "slow", "bad"]
    assert services(Wish(most=2)) == ["slow", "bad"]
    assert services(Wish(most=2, slowest=True)) == ["slow", "front"]
    assert services(Wish(failed=True)) == ["bad"]
    assert [len(list(tree.requests())) for tree in listed(log, Wish())] == [1, 2, 1, 1]


def test_a_request_is_listed_as_failed_where_one_of_its_calls_failed(tmp_path: Path) -> None:
    log = written(tmp_path, line("call", 1, 2, status=503, **called("b")), line("front", 0, 10))
    (tree,) = listed(log, Wish(failed=True))
    assert tree.request and tree.request.service == "front"


def test_what_is_no_services_path_is_listed_but_not_as_failed(tmp_path: Path) -> None:
    strays = [
        line("", 10 * number, 1, id=f"r-{number}", path=path, status=404, details="direct_response")
        for number, path in enumerate(["/favicon.ico", "/", "/wrods/predict"], start=2)
    ]
    log = written(tmp_path, line("front", 0, 5, status=404), *strays)
    listed_paths = [tree.request.path for tree in listed(log, Wish()) if tree.request]
    assert listed_paths == ["/front/predict", "/favicon.ico", "/", "/wrods/predict"]
    failed = [tree.request.path for tree in listed(log, Wish(failed=True)) if tree.request]
    assert failed == ["/front/predict", "/wrods/predict"]


def test_a_call_from_another_app_is_listed_as_a_clients(tmp_path: Path) -> None:
    log = written(tmp_path, line("front", 0, 10, **{**called("b", "a"), "door": "outside"}))
    for wish in (Wish(), Wish(slowest=True)):
        (tree,) = listed(log, wish)
        assert tree.request and tree.request.service == "front"


def test_what_was_no_http_is_listed_without_an_id(tmp_path: Path) -> None:
    log = written(tmp_path, line("", 0, 1, id=None, status=400, flags="DPE"))
    (tree,) = listed(log, Wish())
    assert tree.request and tree.request.request_id == ""


def test_a_log_that_is_not_there_or_empty_holds_nothing(tmp_path: Path) -> None:
    for log in (RequestLog(tmp_path / "none"), written(tmp_path)):
        assert (names(log, "r-1"), listed(log, Wish()), log.begins_us()) == ([], [], None)


def test_it_says_how_far_it_goes_back(tmp_path: Path) -> None:
    log = written(tmp_path, line("b", 5, 1), old=(b"cut off", line("a", 1, 1)))
    assert log.begins_us() == BEGAN * 1_000_000 + 1000


def test_the_end_of_the_log_is_read_by_whole_lines(tmp_path: Path) -> None:
    one, two, three = (line(name, 1, 1) for name in ("one", "two", "three"))
    log = written(tmp_path, two, three, old=(one,))
    for most_bytes, services in (
        (len(three) + 5, ["three"]),
        (len(two) + len(three) + 2, ["two", "three"]),
        (10_000, ["one", "two", "three"]),
    ):
        assert [found.service for found in log.latest(most_bytes)] == services


def test_a_file_that_is_too_large_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path, line("a", 0, 1), old=(line("oldest", 0, 1),))
    assert not log.moved_aside()
    monkeypatch.setattr(requests_log, "LARGEST_BYTES", 10)
    assert log.moved_aside()
    assert not log.path.exists()
    assert [one.service for one in log.read()] == ["a"]
    # Whoever moved it may not have lived to tell Envoy.
    assert log.moved_aside()
    assert [one.service for one in log.read()] == ["a"]
