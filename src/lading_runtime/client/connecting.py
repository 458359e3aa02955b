"""Opening a connection that never blocks, over TCP or a UNIX socket."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Optional

from lading_runtime.client.address import Address
from lading_runtime.client.waiting import Lookup, Ready, Steps


class NotReached(Exception):  # noqa: N818 - a state, which may pass
    """Nobody took the connection. Its text says where, and why."""


class Connection:
    """A socket that a request goes out on; `sent` once all of the request did."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.sent = False

    def said(self) -> Optional[bytes]:
        """A glance at what can be read; None for nothing yet, no bytes when it was closed."""
        try:
            return self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            return b""


def connect(address: Address, until: Optional[float]) -> Steps[socket.socket]:
    """Raises NotReached."""
    if address.socket_path:
        return _connect_unix(address)
    return (yield from _connect_tcp(address, until))


def _connect_unix(address: Address) -> socket.socket:
    """A UNIX socket takes a connection at once or not at all."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    opened.setblocking(False)
    try:
        opened.connect(address.socket_path)
    except BlockingIOError:
        opened.close()
        raise NotReached(f"{address}: too many wait to be accepted") from None
    except OSError as error:
        opened.close()
        raise NotReached(f"{address}: {error.strerror or error}") from None
    return opened


def _connect_tcp(address: Address, until: Optional[float]) -> Steps[socket.socket]:
    found = yield Lookup(address.host, address.port)
    if isinstance(found, Exception):
        raise NotReached(f"{address}: {getattr(found, 'strerror', None) or found}")
    why = "no address"
    for family, kind, protocol, _, place in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setblocking(False)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            failure = opened.connect_ex(place)
            if failure == errno.EINPROGRESS:
                failure = yield from _connected(opened, until)
        except BaseException:
            opened.close()
            raise
        if failure == 0:
            return opened
        opened.close()
        why = os.strerror(failure)
    raise NotReached(f"{address}: {why}")


def _connected(opened: socket.socket, until: Optional[float]) -> Steps[int]:
    if until is not None and time.monotonic() >= until:
        return errno.ETIMEDOUT
    if not (yield Ready(opened.fileno(), True, until)):
        return errno.ETIMEDOUT
    return opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
