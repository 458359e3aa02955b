"""The bridge: what goes in on one side comes out on the other, ends of streams included."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

Serve = Callable[[socket.socket], None]
LARGE = 24 * 1024 * 1024


@contextlib.contextmanager
def server(serve: Serve, address: object = ("127.0.0.1", 0)) -> Iterator[socket.socket]:
    """A server of which every connection is served by a thread of its own."""
    listener = socket.socket(family_of(address))
    listener.bind(address)  # type: ignore[arg-type]
    listener.listen()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listener:
        yield listener
        listener.shutdown(socket.SHUT_RDWR)


def family_of(address: object) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if "::1" in cast(tuple[object, ...], address) else socket.AF_INET


def after_the_end(connection: socket.socket) -> None:
    """Answers what it read, backwards, when the other has said all it had to say."""
    with connection:
        connection.sendall(read_all(connection)[::-1])


def read_all(connection: socket.socket) -> bytes:
    pieces = iter(lambda: connection.recv(65536), b"")
    return b"".join(pieces)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def bridge(*options: str, inherited: int | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "lading_runtime.bridge", *options]
    kept = () if inherited is None else (inherited,)
    process = subprocess.Popen(command, pass_fds=kept, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def connected(path: Path) -> socket.socket:
    """Once the bridge listens there."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    deadline = time.monotonic() + 10
    while True:
        try:
            client.connect(str(path))
            return client
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def exchanged(path: Path, data: bytes) -> bytes:
    with connected(path) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "http.sock"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_half_closed_connection_is_still_answered(path: Path, host: str) -> None:
    with server(after_the_end, (host, 0)) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port):
            assert exchanged(path, b"abc") == b"cba"


def test_a_large_message_arrives_whole_at_a_slow_reader(path: Path) -> None:
    def slowly(connection: socket.socket) -> None:
        with connection:
            connection.sendall(os.urandom(16))
            time.sleep(0.3)
            connection.sendall(b"%d" % len(read_all(connection)))

    with server(slowly) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port), connected(path) as client:
            client.sendall(bytes(LARGE))
            client.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
            assert read_all(client)[16:] == b"%d" % LARGE


def test_many_connections_do_not_mix(path: Path) -> None:
    with server(after_the_end) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port):
            clients = [connected(path) for _ in range(50)]
            for number, client in enumerate(clients):
                client.sendall(b"%03d" % number)
            for client in clients:
                client.shutdown(socket.SHUT_WR)
            answers = [read_all(client) for client in clients]
            for client in clients:
                client.close()
    assert answers == [(b"%03d" % number)[::-1] for number in range(50)]


@pytest.mark.parametrize("body", [b"", b"x" * 5_000_000], ids=["small", "large"])
def test_where_nobody_listens_it_says_that_nothing_was_begun(path: Path, body: bytes) -> None:
    with bridge("--socket", str(path), "--port", str(free_port())), connected(path) as client:
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
        client.sendall(head + body)
        answer = read_all(client)
    head, _, document = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 503 Service Unavailable",
        b"content-type: application/problem+json",
        b"content-length: %d" % len(document),
        b"retry-after: 1",
        b"x-lading-not-started: 1",
        b"connection: close",
    ]
    assert json.loads(document) == {
        "type": "urn:lading:problem:not_ready",
        "title": "Not ready",
        "status": 503,
        "code": "not_ready",
        "detail": "nothing listens on the port of lading.yaml",
    }


def test_a_server_may_come_later(path: Path) -> None:
    port = free_port()
    with bridge("--socket", str(path), "--port", str(port)):
        assert exchanged(path, b"abc").startswith(b"HTTP/1.1 503 ")
        with server(after_the_end, ("127.0.0.1", port)):
            assert exchanged(path, b"abc") == b"cba"


def test_without_a_gateway_a_connection_to_it_is_closed_at_once(path: Path) -> None:
    port = str(free_port())
    options = ("--gateway", str(path.with_name("gateway.sock")), "--gateway-port", port)
    with bridge("--socket", str(path), "--port", "9", *options):
        connected(path).close()
        with socket.create_connection(("127.0.0.1", int(port)), 5) as client:
            assert client.recv(1) == b""


def test_it_says_when_it_carries(path: Path) -> None:
    ready, says_ready = os.pipe()
    options = ("--socket", str(path), "--port", "9", "--ready", str(says_ready))
    with bridge(*options, inherited=says_ready):
        os.close(says_ready)
        assert Path(f"/proc/{int(os.read(ready, 64))}/cmdline").read_bytes().count(b"--ready") == 1
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    os.close(ready)


def test_the_socket_of_the_next_one_stays(path: Path) -> None:
    with bridge("--socket", str(path), "--port", "9") as first:
        connected(path).close()
        path.unlink()
        with bridge("--socket", str(path), "--port", "9"):
            connected(path).close()
            first.terminate()
            assert first.wait(5) == 0
            connected(path).close()


def test_a_client_that_leaves_is_noticed_by_the_server(path: Path) -> None:
    left = threading.Event()

    def waits(connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            while connection.recv(1):
                pass
            left.set()

    with server(waits) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port):
            with connected(path) as client:
                client.sendall(b"x")
            assert left.wait(5)


def test_the_gateway_is_reached_by_a_port(path: Path, tmp_path: Path) -> None:
    gateway, port = str(tmp_path / "gateway.sock"), free_port()
    options: tuple[str, ...] = ("--socket", str(path), "--port", str(free_port()))
    options += ("--gateway", gateway, "--gateway-port", str(port))
    with server(after_the_end, gateway), bridge(*options):
        connected(path).close()
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"abc")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"cba"


def test_it_ends_when_its_lifeline_closes_and_takes_its_socket_away(path: Path) -> None:
    ours, its = os.pipe()
    with bridge(
        "--socket", str(path), "--port", "9", "--lifeline", str(ours), inherited=ours
    ) as it:
        os.close(ours)
        connected(path).close()
        assert it.poll() is None
        os.close(its)
        assert (it.wait(5), path.exists()) == (0, False)


def test_it_ends_by_sigterm_with_connections_open(path: Path) -> None:
    with server(after_the_end) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port) as it, connected(path) as client:
            client.sendall(b"abc")
            it.send_signal(signal.SIGTERM)
            assert (it.wait(5), path.exists()) == (0, False)


def test_it_takes_the_place_of_one_that_was_killed(path: Path) -> None:
    with server(after_the_end) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port) as it:
            connected(path).close()
            it.kill()
            it.wait(5)
        assert path.exists()
        with bridge("--socket", str(path), "--port", port):
            assert exchanged(path, b"abc") == b"cba"


def test_a_port_that_is_taken_is_named(path: Path) -> None:
    with server(after_the_end) as listener:
        port = str(listener.getsockname()[1])
        options = ("--port", "9", "--gateway", "/nowhere", "--gateway-port", port)
        with bridge("--socket", str(path), *options) as it:
            _, said = it.communicate(timeout=10)
    assert (it.returncode, said) == (
        1,
        f"lading bridge: cannot listen on 127.0.0.1:{port}: Address already in use\n",
    )


def test_it_ends_with_the_server_it_started_and_as_that_did(path: Path) -> None:
    asks = ["-c", "import sys; sys.exit(len(sys.argv))", "--port", "1", "--", "x"]
    with bridge("--socket", str(path), "--port", "1", "--", sys.executable, *asks) as process:
        assert process.wait(20) == 5
    assert not path.exists()


def begun(path: Path) -> socket.socket:
    """Once it is the server that answers: until it listens, it is answered in its place."""
    deadline = time.monotonic() + 10
    while True:
        client = connected(path)
        if client.recv(6) == b"begun ":
            return client
        client.close()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sigterm_is_the_servers_and_what_it_still_answers_arrives(path: Path) -> None:
    port = free_port()
    slow = (
        "import signal, socket, sys, time\n"
        "told = []\n"
        "signal.signal(signal.SIGTERM, lambda *_: told.append(1))\n"
        f"listener = socket.create_server(('127.0.0.1', {port}))\n"
        "connection, _ = listener.accept()\n"
        "connection.sendall(b'begun ')\n"
        "while not told: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "connection.sendall(b'done')\n"
    )
    asked = ["--socket", str(path), "--port", str(port), "--", sys.executable, "-c", slow]
    with bridge(*asked) as process:
        with begun(path) as client:
            process.send_signal(signal.SIGTERM)
            assert read_all(client) == b"done"
        assert process.wait(10) == 0


def test_a_server_that_a_signal_ended_is_told_as_a_shell_would(path: Path) -> None:
    dies = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with bridge("--socket", str(path), "--port", "1", "--", sys.executable, "-c", dies) as process:
        assert process.wait(20) == 128 + signal.SIGKILL


def test_a_server_that_cannot_be_started_is_named(path: Path) -> None:
    with bridge("--socket", str(path), "--port", "1", "--", "/nowhere/server") as process:
        assert process.wait(20) == 1
        assert process.stderr is not None
        said = process.stderr.read()
    assert said == "lading bridge: cannot start /nowhere/server: No such file or directory\n"


def test_while_its_health_says_no_a_server_is_not_asked_and_the_bridge_says_why(path: Path) -> None:
    status, asked = [404], []

    def serve(connection: socket.socket) -> None:
        with connection:
            asked.append(connection.recv(4096).split(b" ")[1])
            connection.sendall(b"HTTP/1.1 %d x\r\ncontent-length: 0\r\n\r\n" % status[0])

    def answer(target: bytes) -> bytes:
        with connected(path) as client:
            client.sendall(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % target)
            return read_all(client)

    def until(wanted: bytes) -> None:
        deadline = time.monotonic() + 10
        while wanted not in answer(b"/.lading/ready"):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    with server(serve) as listener:
        port = str(listener.getsockname()[1])
        with bridge("--socket", str(path), "--port", port, "--health", "/up"):
            until(b"/up is answered with 404")
            refused = answer(b"/a")
            assert refused.startswith(b"HTTP/1.1 503 ")
            assert b"x-lading-not-started: 1" in refused
            status[0] = 200
            until(b"HTTP/1.1 200 OK")
            assert set(asked) == {b"/up"}
            assert answer(b"/a").startswith(b"HTTP/1.1 200 x")
            assert b"/a" in asked
            status[0] = 500
            until(b"/up is answered with 500")
