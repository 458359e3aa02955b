"""Health checks that run inside a container: every image has Python, whatever its server is of.

Source: Compose Specification, 05-services.md, "healthcheck".
"""

from __future__ import annotations

from lading.engines import inside
from lading.exports.containers import Document

_SECONDS = 4
_BY_SOCKET = f"""\
server = socket.socket(socket.AF_UNIX)
server.settimeout({_SECONDS})
server.connect({inside.SOCKET!r})
"""
_BY_PORT = f"""\
server = socket.create_connection(("localhost", {{port}}), {_SECONDS})
"""
_ASK = """\
import socket
{connect}\
server.sendall({request!r})
raise SystemExit(b" 200 " not in server.makefile("rb").readline())
"""


def by_socket(python: str, path: str) -> Document:
    """Whether what listens on the container's socket answers a path with 200.

    `python` is the path of the image's interpreter.
    """
    return _check(python, _BY_SOCKET, path)


def by_port(python: str, path: str, port: int) -> Document:
    """The same of a port of the container's loopback."""
    return _check(python, _BY_PORT.format(port=port), path)


def _check(python: str, connect: str, path: str) -> Document:
    request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
    program = _ASK.format(connect=connect, request=request)
    return {
        "test": ["CMD", python, "-I", "-S", "-c", program],
        # Each is a process in the container, which costs more than the question. The gateway asks
        # for itself, and more often.
        "interval": "5s",
        "timeout": f"{_SECONDS + 1}s",
        "retries": 3,
        "start_period": "120s",
    }
