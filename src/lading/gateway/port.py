"""Whether the gateway's port can be had, and who has it otherwise."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from lading.errors import GatewayError
from lading.gateway.route import Listener


def resolve(listener: Listener) -> str:
    """The IP address that `listener.host` stands for. Raises GatewayError."""
    try:
        found = socket.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        raise GatewayError(
            "no such address",
            where=f"{listener.host}:{listener.port}",
            todo="set gateway.host in lading.yaml to an address of this machine",
        ) from error
    return str(found[0][4][0])


def require_free(listener: Listener, ip: str) -> None:
    """Raises GatewayError when nothing more can listen there now."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As Envoy binds: connections of an earlier one that linger in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, listener.port))
        except OSError as error:
            raise refusal(listener, error.errno or 0) from error


def refusal(listener: Listener, number: int) -> GatewayError:
    """What to say when the system will not have `listener`; `number` is the errno."""
    where = f"{listener.host}:{listener.port}"
    if number == errno.EADDRINUSE:
        return GatewayError(
            f"the port is already taken{_by_whom(listener.port)}",
            where=where,
            todo="stop that, or set gateway.port in lading.yaml to another",
        )
    if number == errno.EACCES:
        return GatewayError(
            "this user may not listen on that port",
            where=where,
            todo="set gateway.port in lading.yaml to one from 1024",
        )
    return GatewayError(
        f"cannot be listened on: {os.strerror(number)}",
        where=where,
        todo="set gateway.host in lading.yaml to an address of this machine",
    )


def _by_whom(port: int) -> str:
    sockets = _listening(port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) in sockets for fd in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                return f" by {name} (process {process.name})"
        except OSError:
            continue  # Gone meanwhile, or another user's.
    return ""


def _listening(port: int) -> set[str]:
    """Names, as /proc/PID/fd shows them, of sockets that listen on `port` (proc(5))."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
