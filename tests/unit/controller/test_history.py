from datetime import UTC, datetime
from pathlib import Path

from lading.controller import history
from lading.controller.history import History, Line
from lading.engines.engine import LogLine

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_what_was_written_and_what_became_of_it_come_back_in_order(tmp_path: Path) -> None:
    kept = History(tmp_path / "logs")
    kept.keep("ocr", "1.0", [LogLine(AT, "stdout", "héllo"), LogLine(AT, "stderr", "b\tc")])
    kept.tell("ocr", "1.0", "killed: over its memory limit")
    first, second, third = kept.read("ocr")
    assert (first, second) == (
        Line(AT, "1.0", "stdout", "héllo"),
        Line(AT, "1.0", "stderr", "b\tc"),
    )
    assert (third.stream, third.text) == ("lading", "killed: over its memory limit")
    assert kept.services() == ["ocr"]


def test_a_service_without_history_has_none(tmp_path: Path) -> None:
    assert list(History(tmp_path).read("ocr")) == []


def test_a_line_cut_off_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    kept = History(tmp_path)
    kept.tell("ocr", "1.0", "whole")
    path = next(tmp_path.iterdir())
    path.write_text(path.read_text() + '{"time": "2026-01-01T12:00:00+00:00", "rep')
    assert [line.text for line in kept.read("ocr")] == ["whole"]


def test_it_does_not_grow_without_bound(tmp_path: Path) -> None:
    kept = History(tmp_path)
    for _ in range(40):
        kept.keep("ocr", "1.0", [LogLine(AT, "stdout", "x" * 10_000)] * 100)
    on_disk = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert on_disk < 2.5 * history.LARGEST_BYTES
    assert any(kept.read("ocr"))


def test_a_follower_reads_each_line_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    kept = History(tmp_path)
    assert kept.tail("ocr", 0) == ([], 0)
    kept.tell("ocr", "1.0", "first")
    lines, position = kept.tail("ocr", 0)
    assert [line.text for line in lines] == ["first"]
    assert kept.tail("ocr", position) == ([], position)
    path = next(tmp_path.iterdir())
    with path.open("a") as stream:
        stream.write('{"time": "2026-01-01T12:00:00+00:00", "replica": "1.0", ')
    assert kept.tail("ocr", position) == ([], position)
    with path.open("a") as stream:
        stream.write('"stream": "stdout", "text": "second"}\n')
    lines, later = kept.tail("ocr", position)
    assert [line.text for line in lines] == ["second"]
    path.unlink()
    kept.tell("ocr", "1.0", "x")
    assert [line.text for line in kept.tail("ocr", later)[0]] == ["x"]
