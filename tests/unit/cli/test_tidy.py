from lading.cli.tidy import is_routine, tidy


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
