"""What the server says about a handler and its settings before it serves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.runtime.serving import HANDLERS, SOURCES, serve, wait_until_ready

FILES = sorted(path.name for path in HANDLERS.glob("*.py"))
NO_MODULE = (
    f"there is no module 'nothing': expected nothing.py or nothing/__init__.py in {HANDLERS}, "
    f"got {', '.join(FILES[:8])}{' and others' if len(FILES) > 8 else ''}"
)


def test_alive_at_once_and_ready_when_loaded(tmp_path: Path) -> None:
    with serve(tmp_path, "LoadsSlowly", wait=False) as server, server.client() as client:
        wait_until_ready(server, "/healthz")
        loading = client.get("/readyz")
        assert (loading.status_code, loading.json()["code"]) == (503, "not_ready")
        assert loading.json()["detail"] == "the handler is still being loaded"
        refused = client.post("/predict", json={"number": 1})
        assert (refused.status_code, refused.headers["x-lading-not-started"]) == (503, "1")
        wait_until_ready(server)
        assert client.post("/predict", json={"number": 1}).json() == 1


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("CannotLoad", "RuntimeError: the weights are gone"),
        ("nothing:A", NO_MODULE),
        ("untyped", "parameter 'number' of predict has no type; add one, such as 'number: str'"),
        ("Box", "TypeError: Box.__init__() missing 1 required positional argument: 'width'"),
    ],
)
def test_a_handler_that_cannot_load_ends_the_server_with_3(
    tmp_path: Path, attribute: str, reason: str
) -> None:
    with serve(tmp_path, attribute, wait=False) as server:
        assert server.process.wait(20) == 3
        name = attribute if ":" in attribute else f"handlers:{attribute}"
        assert server.log().splitlines()[-1] == (
            f"services.handlers.handler: {name} failed to load: {reason}"
        )


def test_run_by_options_a_load_that_fails_is_told_by_the_option_and_in_one_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").write_text("class Reader: ...\ndef read(x: int): ...\n")
    command = [sys.executable, "-m", "lading_runtime", "--source", str(tmp_path), "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}
    for name, reason in [
        ("a:Nope", "a has no Nope; it has Reader, read"),
        (
            "b:Reader",
            f"there is no module 'b': expected b.py or b/__init__.py in {tmp_path}, got a.py",
        ),
    ]:
        done = subprocess.run(
            [*command, "--handler", name],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        assert done.stderr.splitlines()[-1] == f"--handler {name} failed to load: {reason}"


def test_a_module_that_the_users_code_misses_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import absent_from_here\n")
    with serve(tmp_path, "a:Reader", wait=False, SOURCE=str(tmp_path)) as server:
        assert server.process.wait(20) == 3
        assert "import absent_from_here" in server.log()


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    with serve(tmp_path, "square") as killed:
        killed.process.kill()
        killed.process.wait()
        assert (tmp_path / "http.sock").exists()
        with serve(tmp_path, "square") as server:
            assert (tmp_path / "http.sock").stat().st_mode & 0o777 == 0o666
            with serve(tmp_path, "square", wait=False) as second:
                assert second.process.wait(20) == 1
                assert second.log() == (
                    f"cannot listen on unix:{tmp_path}/http.sock: another server listens there\n"
                )
            assert server.stop() == 0


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with serve(tmp_path, "square", wait=False, QUEUE="many") as server:
        assert server.process.wait(20) == 2
        assert server.log() == (
            "LADING_QUEUE: expected a whole number from 0 to 1048576, got 'many'\n"
        )
