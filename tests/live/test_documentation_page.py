"""The documentation page in a real browser, before a real server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.contracts.runtime.serving import Server, serve
from tests.live import browser as browsers
from tests.live.browser import Browser

pytestmark = pytest.mark.live

SENT = "document.querySelector('form').requestSubmit()"
OUTPUT = "document.querySelector('[aria-live=polite]')"
BODY = f"{OUTPUT}.querySelector(':scope > pre')"
COUNT = """
from typing import Iterator

def count(to: int) -> Iterator[int]:
    yield from range(to)
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser: skips where none is, fails where LADING_TEST_BROWSER=1 promises one."""
    program = browsers.find()
    if program is None:
        reason = f"none of {', '.join(browsers.PROGRAMS)} is installed"
        if os.environ.get("LADING_TEST_BROWSER") == "1":
            pytest.fail(f"LADING_TEST_BROWSER=1 promises a browser, but {reason}")
        pytest.skip(reason)
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def nothing_from_elsewhere(browser: Browser) -> Iterator[None]:
    """No test leaves a complaint of the browser, or has it ask another host."""
    browser.requested.clear()
    browser.complaints.clear()
    yield
    hosts = {urlsplit(x).hostname for x in browser.requested if x.startswith("http")}
    assert hosts <= {"127.0.0.1"}
    assert browser.complaints == []


def page(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/handlers/docs"


def output(browser: Browser) -> str:
    return str(browser.value(f"{OUTPUT}.innerText"))


def rows(browser: Browser) -> list[list[str]]:
    """What the first table says."""
    cells = "[...row.cells].map(cell => cell.innerText.trim())"
    return list(browser.value(f"[...document.querySelector('tbody').rows].map(row => {cells})"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("reader"), "Reader", kind="tcp") as server:
        yield server


@pytest.fixture
def opened(browser: Browser, reader: Server) -> Browser:
    browser.open(page(reader), "document.querySelector('form')")
    return browser


def test_arguments_are_shown_with_their_types_and_defaults(opened: Browser) -> None:
    opened.wait("document.getElementById('state').innerText.includes('● ready')")
    assert opened.value("document.title") == "handlers"
    told = {name: (kind, needed) for name, kind, needed, _ in rows(opened)}
    assert told["image"] == ("string (base64)", "required")
    assert told["box"] == ("Box", "required")
    assert told["colour"] == ('"blue" | "red"', 'default "red"')
    assert told["tags"][1] == "default null"


def test_a_type_with_fields_opens(opened: Browser) -> None:
    opened.value("document.querySelector('td details').open = true")
    opened.wait("document.querySelector('td table')")
    inner = str(opened.value("document.querySelector('td table').innerText"))
    assert inner.split() == [
        "Name", "Type", "Needed", "Notes", "width", "integer", "required",
        "label", "string", "default", '""',
    ]  # fmt: skip


def test_the_example_predicts_as_it_stands(opened: Browser) -> None:
    opened.value(SENT)
    opened.wait(BODY)
    assert opened.value(f"{OUTPUT}.querySelector('strong').innerText") == "200 OK"
    answer = json.loads(opened.value(f"{BODY}.innerText"))
    assert answer["bytes"] == len("hello")
    assert answer["box"] == {"width": 1, "label": ""}
    assert "x-request-id" in opened.value(f"{OUTPUT}.querySelector('pre').textContent")


def test_what_is_wrong_is_shown_as_it_came(opened: Browser) -> None:
    opened.value("document.querySelector('textarea').value = '{\"image\": \"\"}'")
    opened.value(SENT)
    opened.wait(BODY)
    assert output(opened).startswith("422 Unprocessable Content")
    assert '"code": "invalid_argument"' in output(opened)


def test_a_form_takes_files(opened: Browser, tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(bytes(range(256)) * 10)
    opened.value("""{ const type = document.querySelector('select');
        type.value = 'multipart/form-data'; type.dispatchEvent(new Event('change')); }""")
    opened.choose_files("input[type=file]", picture)
    opened.value(SENT)
    opened.wait(BODY)
    assert output(opened).startswith("200 OK")
    assert '"bytes": 2560' in output(opened)


def test_a_service_that_lies_deeper_is_asked_there(opened: Browser) -> None:
    opened.value("history.pushState(0, 0, '/team/handlers/docs')")
    assert opened.value("address('/handlers/predict')") == "/team/handlers/predict"


def test_events_are_shown_as_they_come(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNT)
    given = {"SOURCE": str(tmp_path), "HANDLER": "counting:count", "SERVICE": "handlers"}
    with serve(tmp_path, "count", kind="tcp", **given) as server:
        browser.open(page(server), "document.querySelector('form')")
        browser.value("document.querySelector('textarea').value = '{\"to\": 3}'")
        browser.value(SENT)
        browser.wait(f"{OUTPUT}.innerText.includes('3 events')")
        events = browser.value(f"[...{OUTPUT}.querySelectorAll('li code')].map(x => x.innerText)")
        assert events == ["0", "1", "2"]
        browser.open("about:blank", "true")


def test_markup_in_an_answer_stays_text(browser: Browser, tmp_path: Path) -> None:
    markup = '<img src="http://192.0.2.1/x" onerror="alert(1)">'
    with serve(tmp_path, "echo", kind="tcp") as server:
        browser.open(page(server), "document.querySelector('form')")
        body = json.dumps(json.dumps({"value": markup}))
        browser.value(f"document.querySelector('textarea').value = {body}")
        browser.value(SENT)
        browser.wait(BODY)
        assert output(browser).endswith(json.dumps(markup))
        assert browser.value("document.images.length") == 0
        browser.open("about:blank", "true")
