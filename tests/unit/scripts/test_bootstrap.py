"""Setting up takes uv from an index of either form, and refuses one with another hash."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import bootstrap

WHEEL = b"not really a wheel"
DIGEST = hashlib.sha256(WHEEL).hexdigest()
OTHER = "0" * 64


class Index:
    """An index in this process: what is put into `pages` by path is what it serves."""

    def __init__(self, url: str, pages: dict[str, bytes]) -> None:
        self.url = url
        self.pages = pages


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    pages: dict[str, bytes] = {"/files/uv.whl": WHEEL}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple"
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        yield Index(url, pages)
        server.shutdown()


def html(digest: str) -> bytes:
    return f'<a href="/files/uv.whl#sha256={digest}" data-x="&gt;=3.8">uv.whl</a><br/>'.encode()


def test_the_wheel_is_found_on_an_html_page(index: Index) -> None:
    index.pages["/simple/uv/"] = html(OTHER) + html(DIGEST)
    assert bootstrap.wheel(DIGEST) == WHEEL


def test_the_wheel_is_found_on_a_json_page(index: Index) -> None:
    page = {"files": [{"url": "../../files/uv.whl", "hashes": {"sha256": DIGEST}}]}
    index.pages["/simple/uv/"] = json.dumps(page).encode()
    assert bootstrap.wheel(DIGEST) == WHEEL


def test_a_wheel_with_another_hash_is_not_used(index: Index) -> None:
    index.pages["/simple/uv/"] = html(OTHER)
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.wheel(OTHER)
    assert str(caught.value) == (f"uv's wheel has the SHA-256 {DIGEST}, expected {OTHER}; not used")


def test_an_index_without_the_wheel_is_named(index: Index) -> None:
    index.pages["/simple/uv/"] = html(OTHER)
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.wheel(DIGEST)
    assert str(caught.value) == (
        f"{index.url}/uv/ has no wheel of uv {bootstrap.UV_VERSION} with the SHA-256 {DIGEST}"
    )


def test_an_index_that_does_not_answer_is_named(index: Index) -> None:
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.wheel(DIGEST)
    assert str(caught.value) == f"{index.url}/uv/ cannot be fetched: Not Found"


def test_without_root_and_sudo_the_command_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.SetupFailed) as caught:
        bootstrap.as_root("apt-get install runc")
    assert str(caught.value) == "neither root nor sudo; as root, run: apt-get install runc"


def test_packages_of_programs_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there"
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    bootstrap.debian_packages({"there": "a", "nosuch": "b c", "nor-this": "d"})
    assert capsys.readouterr().out == (
        "setup: not a Debian machine; install these yourself: b c d\n"
    )
