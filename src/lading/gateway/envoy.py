"""The Envoy of one app: started, changed, found again, stopped."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.errors import GatewayError
from lading.gateway import binary, discovery, port, process
from lading.gateway.admin import Admin
from lading.gateway.bootstrap import (
    NAME,
    admin_socket,
    bootstrap,
    inner_socket,
    inside,
    listener_of,
)
from lading.gateway.document import Document
from lading.gateway.published import VERSIONS, Published, Versions
from lading.gateway.requests.log import RequestLog
from lading.gateway.route import Listener, Route

_START_SECONDS = 10.0
_UPDATE_SECONDS = 5.0
_END_SECONDS = 2.0
_POLL_SECONDS = 0.005
_INSIDE_MODE = 0o755  # entered by users of containers; the folder above lets nobody in
_HELD_BACK = "filesystem.write_total_buffered"
"""Bytes of logs that are not yet written."""
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")


class Envoy:
    """Everything it knows lies in `folder`, so that any later process can go on with it.

    The process belongs to nobody: it answers on when the one that started it has gone. Every verb
    may be repeated. `folder` is on a local file system and its path is short (UNIX sockets).
    `requests` may lie elsewhere, where it is kept for longer.
    """

    def __init__(self, folder: Path, requests: RequestLog | None = None) -> None:
        self.folder = folder
        self.requests = requests or RequestLog(folder / "requests")
        self._process: process.Process | None = None
        self._published = Published(folder)
        self._admin = Admin(admin_socket(folder))

    @property
    def log(self) -> Path:
        """What Envoy says: warnings and worse."""
        return self.folder / "envoy.log"

    @property
    def inside(self) -> Path:
        """The folder of the socket, `http.sock`, by which services call one another."""
        return inside(self.folder)

    @property
    def pid(self) -> int | None:
        """None when it does not run."""
        return self._process.pid if self._process and self.alive() else None

    @property
    def listener(self) -> Listener | None:
        """Where the last one that was started here listens; None before any was."""
        if not self._bootstrap.exists():
            return None
        return listener_of(self._published.read(self._bootstrap))

    def alive(self) -> bool:
        """Whether it runs. Cheap: may be asked many times a second."""
        return self._process is not None and self._process.alive()

    def adopt(self) -> bool:
        """Find the one that runs for this folder, whoever started it; False when none does."""
        if not self.alive():
            self._process = process.find(binary.arguments(self._bootstrap))
        return self._process is not None

    def start(self, listener: Listener, routes: Sequence[Route]) -> None:
        """Return once it answers.

        One that runs already is updated, or stopped first when it was started for another
        listener. Raises GatewayError: port taken, not installed, refused by Envoy.
        """
        self._make_folders()
        ip = port.resolve(listener)
        document = bootstrap(listener, ip, self.folder, self.requests.path)
        if self._serves(document):
            self.update(routes)
            return
        if self.alive() and self.listener and self.listener.port != listener.port:
            port.require_free(listener, ip)  # Else what runs would be stopped for nothing.
        self.stop()
        port.require_free(listener, ip)
        self._write_all(listener, routes)
        self._published.write(self._bootstrap, document)
        self._spawn(listener)

    def update(self, routes: Sequence[Route]) -> None:
        """Return once Envoy goes by `routes`: a replica left out gets no further request.

        Requests that it has are answered. Raises GatewayError when Envoy does not run or does not
        take it.
        """
        listener = self.listener
        if listener is None or not self.alive():
            raise GatewayError("Envoy does not run", where=str(self.folder))
        _require_watches(len(routes))
        published = self._published
        wanted = discovery.healths(routes)
        present = published.services()
        # A route never leads to a cluster that is not there: clusters come before and go after.
        replicas = published.endpoints(routes)
        self._taken({**replicas, **published.clusters({**present, **wanted})})
        self._taken(published.routes(routes, listener.max_body_bytes))
        self._taken(published.clusters(wanted))
        published.forget(present.keys() - wanted.keys())

    def stop(self, grace_seconds: float = 10.0) -> None:
        """Take no more connections, let requests finish for `grace_seconds`, end."""
        if not self.adopt() or self._process is None:
            return
        # One that hangs or ends already does not answer; the signals do without.
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._drain(grace_seconds)
        self._process.end(signal.SIGTERM)
        if not self._process.gone_within(_END_SECONDS):
            self._process.end(signal.SIGKILL)
            self._process.gone_within(_END_SECONDS)
        self._process = None
        self._remove_sockets()

    def bound_requests(self) -> None:
        """Keep the request log from growing without end. Cheap: to be called every second."""
        if self.requests.moved_aside():
            self.requests.make_folder()
            self._reopen_logs()

    def flush_requests(self, within_seconds: float = 0.5) -> bool:
        """Have written what is held back of the request log; False where no Envoy answers."""
        if not self._reopen_logs():
            return False
        until = time.monotonic() + within_seconds
        with contextlib.suppress(OSError, http.client.HTTPException):
            while time.monotonic() < until and self._admin.stats(_HELD_BACK).get(_HELD_BACK):
                time.sleep(_POLL_SECONDS)
        return True

    def stats(self, pattern: str) -> Mapping[str, int | str]:
        """Envoy's statistics whose whole name matches. Raises GatewayError."""
        try:
            return self._admin.stats(pattern)
        except (OSError, http.client.HTTPException) as error:
            raise GatewayError("Envoy does not answer", where=str(self.folder)) from error

    def _reopen_logs(self) -> bool:
        """It then writes to a file of the name it was given, and at once what it has."""
        try:
            self._admin.post("/reopen_logs")
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _remove_sockets(self) -> None:
        for left in (admin_socket(self.folder), inner_socket(self.folder)):
            left.unlink(missing_ok=True)

    def _make_folders(self) -> None:
        self.requests.make_folder()
        for folder, mode in ((self.folder, 0o700), (self.inside, _INSIDE_MODE)):
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
            folder.chmod(mode)

    @property
    def _bootstrap(self) -> Path:
        return self.folder / "bootstrap.json"

    def _serves(self, document: Document) -> bool:
        return (
            self.adopt()
            and self._admin.ready()
            and self._published.read(self._bootstrap) == document
        )

    def _write_all(self, listener: Listener, routes: Sequence[Route]) -> None:
        _require_watches(len(routes))
        self._published.endpoints(routes)
        self._published.clusters(discovery.healths(routes))
        self._published.routes(routes, listener.max_body_bytes)

    def _spawn(self, listener: Listener) -> None:
        self._remove_sockets()
        said_before = self.log.stat().st_size if self.log.exists() else 0
        try:
            self._process = process.spawn(binary.command(self._bootstrap), self.log)
        except OSError as error:
            raise GatewayError(f"Envoy cannot be run: {error.strerror}") from error
        deadline = time.monotonic() + _START_SECONDS
        while not self._admin.ready():
            if not self.alive() or time.monotonic() > deadline:
                said = self.log.read_bytes()[said_before:].decode(errors="replace")
                self.stop(grace_seconds=0)
                raise self._failed(listener, said)
            time.sleep(_POLL_SECONDS)

    def _failed(self, listener: Listener, said: str) -> GatewayError:
        # Taken between the test of the port and Envoy's own attempt.
        for number in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            if f"cannot bind '{port.resolve(listener)}" in said and os.strerror(number) in said:
                return port.refusal(listener, number)
        lines = [line for line in said.splitlines() if line.strip()]
        return GatewayError(
            "Envoy did not start", where=str(self.log), came=lines[-1] if lines else "no reason"
        )

    def _taken(self, wanted: Versions) -> None:
        deadline = time.monotonic() + _UPDATE_SECONDS
        while wanted:
            found = self.stats(VERSIONS)
            if all(found.get(name) == value for name, value in wanted.items()):
                return
            if time.monotonic() > deadline:
                raise GatewayError("Envoy does not take its configuration", where=str(self.log))
            time.sleep(_POLL_SECONDS)

    def _drain(self, grace_seconds: float) -> None:
        self._admin.post("/healthcheck/fail")  # Answers carry `Connection: close` from now on.
        self._admin.post("/drain_listeners")
        active = f"http.{NAME}.downstream_rq_active"
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline and self._admin.stats(re.escape(active)).get(active):
            time.sleep(_POLL_SECONDS)


def _require_watches(services: int) -> None:
    """Envoy watches each service's file with an inotify instance, and aborts when it gets none."""
    needed = services + 2
    try:
        most = int(_INOTIFY.read_text())
    except (OSError, ValueError):
        return
    # Other programs of the user need some too.
    if needed > most * 3 // 4:
        raise GatewayError(
            "too few inotify instances to watch the services",
            where="fs.inotify.max_user_instances",
            expected=f"at least {needed * 4 // 3 + 1}",
            came=str(most),
            todo=f"sudo sysctl fs.inotify.max_user_instances={needed * 2}",
        )
