"""Registries of Debian's `docker-registry`, each with settings of its own, for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM = "docker-registry"
USER, PASSWORD = "ada", "s3cret-of-ada"
HTPASSWD = "ada:$2y$05$P5UYyE6iBGFnxLBMxhkBOOs5yYEJCjKd4PUjaentPDLiXlkP7wgQ6\n"
"""The same password, as `htpasswd -B` writes it."""
_SECONDS = 20


def need(program: str = PROGRAM) -> str:
    """The path of a program: skips where it is not, fails where LADING_TEST_REGISTRY=1."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found:
        return found
    reason = f"no {program} is here; `.ci/registry start` installs it"
    if os.environ.get("LADING_TEST_REGISTRY") == "1":
        pytest.fail(f"LADING_TEST_REGISTRY=1, but {reason}")
    pytest.skip(reason)


@contextmanager
def running(folder: Path, auth: str = "", http: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of one that keeps everything below `folder` while the block runs.

    `auth` is the line of its settings; `http` are more of those of that name.
    """
    program = need()
    folder.mkdir(parents=True, exist_ok=True)
    host = f"127.0.0.1:{free_port()}"
    more = "".join(f", {key}: {value}" for key, value in (http or {}).items())
    (folder / "config.yml").write_text(
        "version: 0.1\n"
        "log: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
        f'http: {{addr: "{host}", secret: tests{more}}}\n'
        f"{auth}\n"
    )
    with (folder / "log").open("wb") as log:
        command = [program, "serve", str(folder / "config.yml")]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(host, process, folder / "log")
        yield host
    finally:
        process.terminate()
        process.wait(_SECONDS)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    name, _, port = host.partition(":")
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((name, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    pytest.fail(f"{PROGRAM} did not start: {log.read_text()[-2000:]}")
