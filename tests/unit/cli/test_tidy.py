import pytest

from lading.cli.tidy import is_routine, names, tidy


def test_a_servers_entry_becomes_a_line_and_its_traceback_lines_below() -> None:
    entry = (
        '{"time":"2026-01-01T00:00:00Z","level":"error","event":"failed","service":"ocr",'
        '"request_id":"r1","traceback":"Traceback:\\n  here\\nError: x\\n"}'
    )
    assert tidy(entry) == [
        "error: failed request_id=r1",
        "    Traceback:",
        "      here",
        "    Error: x",
    ]


def test_routine_entries_need_no_level() -> None:
    entry = '{"level":"info","event":"ready","seconds":0.1}'
    assert tidy(entry) == ["ready seconds=0.1"]
    assert is_routine(entry)


def test_what_a_handler_logs_is_said_with_its_logger() -> None:
    entry = '{"time":"2026-01-01","level":"%s","logger":"reader","message":"3 pages","service":"s"}'
    assert tidy(entry % "warning") == ["warning: reader: 3 pages"]
    assert tidy(entry % "info") == ["reader: 3 pages"]
    assert not is_routine(entry % "info")


def test_what_users_print_is_left_as_it_is() -> None:
    for text in ("hello", '{"loss": 0.1}', '{"message": "x"}', "{not json", "[1, 2]", ""):
        assert tidy(text) == [text]
        assert not is_routine(text)


def test_what_is_nested_too_deep_for_json_is_left_as_it_is() -> None:
    text = '{"event":' + "[" * 100_000
    assert tidy(text) == [text]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"event":"done","request_id":"r-1"}', True),
        ('{"event":"done","trace_id":"t-1","request_id":"r-2"}', True),
        ('{"event":"done","request_id":"r-2"}', False),
        ('{"event":"done","request_id":""}', False),
        ('{"request_id":"r-1"}', False),
        ('{"event":"done","request_id":["r-1"],"trace_id":{}}', False),
        ("r-1", False),
    ],
)
def test_entries_of_a_request_are_told_by_their_ids_whatever_else_is_printed(
    text: str, named: bool
) -> None:
    assert names(text, {"r-1", "t-1"}) is named
