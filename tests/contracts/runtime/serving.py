"""A real server in its own process, on a UNIX socket or a TCP port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

HANDLERS = Path(__file__).parent / "handlers"
SOURCES = Path(__file__).parents[3] / "src"
WITHOUT_UVLOOP = Path(__file__).parent / "without_uvloop"


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    socket_path: str | None
    port: int
    log_path: Path

    def client(self, timeout_seconds: float = 20.0) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=self.socket_path)
        base = f"http://127.0.0.1:{self.port}/handlers"
        return httpx.Client(transport=transport, base_url=base, timeout=timeout_seconds)

    def connect(self) -> socket.socket:
        if self.socket_path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(self.socket_path)
            except OSError:
                connection.close()
                raise
        else:
            connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(20)
        return connection

    def exchange(self, raw: bytes) -> bytes:
        """Everything the server says to these bytes until it closes."""
        with self.connect() as connection:
            connection.sendall(raw)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return received

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def log(self) -> str:
        return self.log_path.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    folder: Path,
    attribute: str,
    *,
    kind: str = "unix",
    wait: bool = True,
    python: str = sys.executable,
    **env: str,
) -> Iterator[Server]:
    """Serve `handlers:attribute`, or another `module:attribute`.

    `env` are LADING_ variables without the prefix, `python` the interpreter that serves.

    `kind` is "unix", "tcp", or "plain": a UNIX socket on asyncio's own loop.
    """
    tcp = kind == "tcp"
    modules = f"{WITHOUT_UVLOOP}:{SOURCES}" if kind == "plain" else str(SOURCES)
    port = free_port() if tcp else 0
    path = None if tcp else str(folder / "http.sock")
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": modules, "PYTHONWARNINGS": "error",
        "LADING_HANDLER": attribute if ":" in attribute else f"handlers:{attribute}",
        "LADING_SERVICE": "handlers", "LADING_SOURCE": str(HANDLERS),
        "LADING_HOST": "127.0.0.1", "LADING_PORT": str(port), "LADING_SOCKET": path or "",
        **{f"LADING_{name}": value for name, value in env.items()},
    }  # fmt: skip
    log_path = folder / f"log-{time.monotonic_ns()}"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "lading_runtime"], env=environment, stderr=log, stdout=log
        )
    server = Server(process, path, port, log_path)
    try:
        if wait:
            wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def wait_until_ready(server: Server, path: str = "/readyz") -> None:
    deadline = time.monotonic() + 20
    raw = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(FileNotFoundError, ConnectionRefusedError):
            if server.exchange(raw).startswith(b"HTTP/1.1 200 OK"):
                return
        time.sleep(0.01)
    raise AssertionError(f"not ready: {server.log()}")
