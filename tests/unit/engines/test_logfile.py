from __future__ import annotations

import threading
from datetime import UTC, datetime

from lading.engines.embedded import logfile

T = "2026-01-02T03:04:05.123456789+02:00"


def texts(file):
    return [(line.stream, line.text) for line in logfile.read(file)]


def test_a_line_has_its_time_in_utc(tmp_path):
    (tmp_path / "log").write_text(f"{T} stdout F hello world\n")
    (line,) = logfile.read(tmp_path / "log")
    assert line.time == datetime(2026, 1, 2, 1, 4, 5, 123456, UTC)
    assert (line.stream, line.text) == ("stdout", "hello world")


def test_parts_are_put_together_for_each_stream_apart(tmp_path):
    entries = ("stdout P a", "stderr F x", "stdout P b", "stdout F c", "stdout P rest")
    (tmp_path / "log").write_text("".join(f"{T} {entry}\n" for entry in entries))
    assert texts(tmp_path / "log") == [("stderr", "x"), ("stdout", "abc"), ("stdout", "rest")]


def test_what_is_not_an_entry_is_passed_over(tmp_path):
    (tmp_path / "log").write_bytes(b"\xff\xfe\n\nno\n" + f"{T} stdout F ok\n".encode())
    assert texts(tmp_path / "log") == [("stdout", "ok")]


def test_no_file_is_no_lines(tmp_path):
    assert texts(tmp_path / "log") == []


def test_following_goes_on_over_a_new_file(tmp_path):
    file, ended = tmp_path / "log", threading.Event()
    file.write_text(f"{T} stdout F one\n")
    lines = logfile.follow(file, ended.is_set)
    assert next(lines).text == "one"
    (tmp_path / "new").write_text(f"{T} stdout F two\n")
    with file.open("a") as old:
        old.write(f"{T} stdout F last of old\n")
    (tmp_path / "new").rename(file)
    ended.set()
    assert [line.text for line in lines] == ["last of old", "two"]
