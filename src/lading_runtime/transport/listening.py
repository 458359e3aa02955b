"""The listening socket: a client never meets a half-made one, and closing it loses nobody."""

# ruff: noqa: PTH101, PTH108, PTH116
from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator

from .. import descriptors
from ..configuration import Configuration

BACKLOG = 2048


class ListenError(Exception):
    """The address cannot be listened on; the message names it and says why."""


class Listener:
    """A non-blocking listening socket on a UNIX path or a TCP address."""

    def __init__(self, configuration: Configuration) -> None:
        self._path = configuration.socket
        self.full = False
        """Some wait in the kernel, until others leave: this process has no descriptor for them."""
        try:
            self.socket = _open(configuration)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ListenError(f"cannot listen on {configuration.address}: {reason}") from error

    def accept(self) -> Iterator[socket.socket]:
        """Every connection that waits in the kernel now."""
        while True:
            self.full = not descriptors.has_room(self.socket.fileno())
            if self.full:
                return
            try:
                connection, _ = self.socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            connection.setblocking(False)
            yield connection

    def hide(self) -> None:
        """From here on nobody can newly connect to a UNIX socket; what waits can be accepted."""
        if self._path:
            try:
                os.unlink(self._path)
            except FileNotFoundError:
                return

    def close(self) -> None:
        self.full = False
        self.socket.close()


def _open(configuration: Configuration) -> socket.socket:
    path = configuration.socket
    if path:
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address: object = path
    else:
        family = socket.AF_INET6 if ":" in configuration.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        address = (configuration.host, configuration.port)
    try:
        listener.bind(address)  # type: ignore[arg-type]
        if path:
            # The gateway runs as another user; the folder's own mode says who may reach it.
            os.chmod(path, 0o666)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError("there is a file that is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise OSError("another server listens there")
