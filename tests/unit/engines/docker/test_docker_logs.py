from __future__ import annotations

from datetime import UTC, datetime

from lading.engines.docker.logs import lines
from lading.engines.docker.streams import Frame
from lading.engines.engine import LogLine

TIME = datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)
STAMP = b"2026-01-02T03:04:05.123456789Z "
LATER = b"2026-01-02T03:04:06.000000000Z "


def test_a_frame_is_a_line_with_its_time_and_stream():
    frames = [Frame("stdout", STAMP + b"one\n"), Frame("stderr", STAMP + b"two words\n")]
    assert list(lines(frames)) == [
        LogLine(TIME, "stdout", "one"),
        LogLine(TIME, "stderr", "two words"),
    ]


def test_the_parts_of_a_long_line_are_put_together_for_each_stream():
    cut = "ü".encode()
    frames = [
        Frame("stdout", STAMP + b"a" + cut[:1]),
        Frame("stderr", STAMP + b"between\n"),
        Frame("stdout", LATER + cut[1:] + b"b\n"),
    ]
    assert list(lines(frames)) == [
        LogLine(TIME, "stderr", "between"),
        LogLine(TIME, "stdout", "aüb"),
    ]


def test_what_never_ended_with_a_newline_comes_last():
    assert list(lines([Frame("stdout", STAMP + b"end")])) == [LogLine(TIME, "stdout", "end")]


def test_what_has_no_time_is_left_out():
    assert list(lines([Frame("stdout", b"no time\n")])) == []
