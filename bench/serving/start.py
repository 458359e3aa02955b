"""From a peer to a server that answers."""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.programs import PATH, MeasurementError
from bench.serving import environments, peers
from bench.serving.peers import Peer
from bench.serving.server import Server

_START_SECONDS = 90.0
_POLL_SECONDS = 0.005
_ANSWER_SECONDS = 30.0

Question = Callable[[int], bool]
"""Asks the server at a port, and compares; raises NotAnsweredError."""


class NotAnsweredError(MeasurementError):
    """No connection, or another status than 200."""


@dataclass(frozen=True)
class Running:
    """A server that has answered rightly."""

    peer: Peer
    server: Server
    port: int
    folder: Path
    start_seconds: float
    """From exec to the first right answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.peer.path}"


@contextmanager
def started(peer: Peer, home: Path, model: str, question: Question) -> Iterator[Running]:
    """`home` is the folder of its environment. Raises MeasurementError where it does not start or
    answers wrongly."""
    with tempfile.TemporaryDirectory(prefix="lading-bench.") as name:
        folder, port = Path(name), _free_port()
        own = _environment(peer, home, folder) | {
            "BENCH_MODEL": str(home / "models" / f"{model}.joblib"),
            "BENCH_PORT": str(port),
            "PORT": str(port),
        }
        words = {"bin": home / "bin", "servers": environments.SERVERS, "port": port}
        command = [word.format(workers=peer.workers, **words) for word in peer.command]
        server = Server(command, own, folder)
        try:
            seconds = _first_answer(server, port, question)
            yield Running(peer, server, port, folder, seconds)
        finally:
            server.stop()


def ask(port: int, path: str, body: str | bytes, media_type: str = "application/json") -> object:
    """The decoded answer to a POST. Raises NotAnsweredError."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, _ANSWER_SECONDS)) as connection:
            connection.request("POST", path, body, {"Content-Type": media_type})
            response = connection.getresponse()
            text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotAnsweredError(f"{path}: {error!r}") from error
    if response.status != 200:
        raise NotAnsweredError(f"{path}: answered {response.status}: {text[:500]!r}")
    return json.loads(text)


def _environment(peer: Peer, home: Path, folder: Path) -> dict[str, str]:
    own = {
        "BENCH_PORT_2": str(_free_port()),
        "BENCH_PORT_3": str(_free_port()),
        "HOME": str(folder),
        "PATH": f"{home / 'bin'}:{PATH}",
    }
    return environments.variables() | own | peers.environment(peer)


def _first_answer(server: Server, port: int, question: Question) -> float:
    said = ""
    while time.perf_counter() - server.begun < _START_SECONDS:
        server.require_running()
        try:
            right = question(port)
        except NotAnsweredError as error:
            said = str(error)
            time.sleep(_POLL_SECONDS)
            continue
        seconds = time.perf_counter() - server.begun
        if not right:
            raise MeasurementError("its first answer is wrong")
        return seconds
    raise MeasurementError(f"no answer in {_START_SECONDS:.0f} s: {said}: {server.last_words()}")


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])
