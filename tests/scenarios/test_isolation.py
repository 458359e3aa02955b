"""What a service can do to the machine it runs on, tried from inside."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.scenarios.conftest import App


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    made = make_app("isolated")
    made.change("memory: 256Mi", "memory: 1Gi")
    made.up()
    return made


@pytest.fixture
def listening() -> Iterator[str]:
    """A server on this machine's loopback that everybody may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/new", "/app/probe.py", "/usr/bin/new", "/etc/passwd"])
def test_its_root_cannot_be_written(app: App, path: str) -> None:
    assert app.ask("write", text=path) in ("Read-only file system", "Permission denied")


def test_its_own_temporary_folder_can(app: App) -> None:
    assert app.ask("write", text="/tmp/new") == "written"


def test_it_sees_no_process_but_its_own(app: App) -> None:
    # The front, the worker that answers this, and, where one had to be replaced, the nursery.
    assert len(app.ask("processes").split(",")) in (2, 3)


def test_it_reaches_neither_this_machine_nor_the_world(app: App, listening: str) -> None:
    assert app.ask("connect", text=listening) == "ConnectionRefusedError"
    assert app.ask("connect", text="198.51.100.1:80") == "OSError"


def test_it_is_nobody_with_no_capability_under_a_filter(app: App) -> None:
    status = dict(part.split(": ") for part in app.ask("identity").split("; "))
    expected = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
    assert {name: status[name] for name in expected} == expected
    if os.geteuid() == 0:
        assert status["Uid"] == "65532"


def test_it_cannot_start_processes_without_end(app: App) -> None:
    begun, _, reason = app.ask("spawn", size=2000).partition(": ")
    assert reason == "Resource temporarily unavailable"
    assert int(begun) < 512


def test_its_environment_is_its_own(app: App) -> None:
    assert app.ask("environment", text="LADING_HOME") == ""
    assert app.ask("environment", text="HOME") == "/tmp"
