"""What stands in the log, line by line, as another process writes it.

In this process pytest has given `logging` handlers of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parents[3] / "src"
REQUEST = """
from lading_runtime import tracing
trace = tracing.Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
tracing.activate(tracing.Context("r1", trace))
"""
TRACE = {"request_id": "r1", "trace_id": "0af7651916cd43dd8448eb211c80319c"}


def logged(code: str, **environment: str) -> list[dict[str, Any]]:
    """The lines that `code` leaves on stderr, their times checked and taken out."""
    beginning = "import logging, sys\nfrom lading_runtime import log\nlog.install('ocr')\n"
    done = subprocess.run(
        [sys.executable, "-c", beginning + code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [dict(json.loads(line)) for line in done.stderr.splitlines()]
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    return lines


def test_a_record_says_who_logged_it_and_for_which_request() -> None:
    [line] = logged(REQUEST + "logging.getLogger('reader').warning('%d pages', 3)")
    assert line == {
        "level": "warning", "logger": "reader", "message": "3 pages", "service": "ocr", **TRACE
    }  # fmt: skip


def test_outside_of_a_request_none_is_named() -> None:
    [line] = logged("logging.error('no model')")
    assert line == {"level": "error", "logger": "root", "message": "no model", "service": "ocr"}


def test_tasks_of_an_event_loop_name_each_its_own_request() -> None:
    code = """
import asyncio
from lading_runtime import tracing
async def answer(name):
    tracing.activate(tracing.Context(name, tracing.begun()))
    await asyncio.sleep(0)
    logging.warning(name)
async def main():
    await asyncio.gather(answer('one'), answer('two'))
asyncio.run(main())
"""
    lines = logged(code)
    assert [x["message"] for x in lines] == [x["request_id"] for x in lines] == ["one", "two"]
    assert lines[0]["trace_id"] != lines[1]["trace_id"]


def test_a_traceback_is_a_field() -> None:
    code = "try: 1 / 0\nexcept ZeroDivisionError: logging.exception('failed')"
    [line] = logged(code)
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ZeroDivisionError: division by zero\n")


def test_extra_fields_are_the_lines_own_but_replace_none() -> None:
    code = "logging.warning('x', extra={'pages': [1], 'service': 'mine', 'where': object})"
    [line] = logged(code)
    assert line["pages"] == [1]
    assert line["service"] == "ocr"
    assert line["where"] == "<class 'object'>"


def test_warnings_and_worse_are_shown_unless_the_environment_says_otherwise() -> None:
    code = "for x in ('debug', 'info', 'warning', 'critical'): getattr(logging, x)(x)"
    assert [x["level"] for x in logged(code)] == ["warning", "critical"]
    assert [x["level"] for x in logged(code, LADING_LOG_LEVEL="INFO")] == [
        "info", "warning", "critical"
    ]  # fmt: skip
    assert len(logged(code, LADING_LOG_LEVEL="debug")) == 4
    assert [x["level"] for x in logged(code, LADING_LOG_LEVEL="critical")] == ["critical"]


def test_a_handler_that_configures_logging_has_its_way() -> None:
    code = """
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='mine: %(message)s')
logging.info('hello')
"""
    assert logged(code) == []


def test_whatever_is_logged_each_line_is_json() -> None:
    code = r"""
endless = []; endless.append(endless)
logging.warning('lone \ud800', extra={'endless': endless, 'big': 2 ** 80, 'odd': float('nan')})
log.write('info', 'two\nlines', keys={(1, 2): object()})
"""
    first, second = logged(code)
    assert first["message"] == "lone \\ud800"
    assert first["endless"] == "[[...]]"
    assert second["event"] == "two\nlines"


def test_a_record_that_cannot_be_written_harms_nobody() -> None:
    code = """
logging.raiseExceptions = False
logging.warning('%d', 'no number')
logging.warning('after it')
"""
    assert [x["message"] for x in logged(code)] == ["after it"]


def test_the_runtimes_own_words_name_the_trace_of_the_request_they_are_about() -> None:
    code = (
        REQUEST
        + """
log.write('error', 'prediction failed', ValueError('no'), request_id='r1')
log.write('error', 'prediction failed', request_id='another')
log.write('info', 'said')
"""
    )
    failed, another, said = logged(code)
    assert failed["traceback"] == "ValueError: no\n"
    assert {**failed, **TRACE} == failed
    assert another == {"level": "error", "event": "prediction failed", "request_id": "another"}
    assert said == {"level": "info", "event": "said", **TRACE}


def test_a_handler_that_is_added_has_its_way_alone() -> None:
    code = """
logging.warning('before it')
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
logging.warning('hello')
"""
    assert [x["message"] for x in logged(code)] == ["before it"]
