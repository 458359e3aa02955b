"""The first program of the gateway's container: Envoy, and a way for it to end as it should.

Envoy ends at once by SIGTERM, whatever it has. Here it then takes no more connections, answers what
it has, and is ended after that. Runs by itself, in the image: the standard library alone, on every
Python from 3.9. Source: Envoy's administration interface.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

ADMIN = "/tmp/admin.sock"
GRACE_SECONDS = 10.0
_ACTIVE = "http.gateway.downstream_rq_active"
_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 2.0


def main(command: Sequence[str]) -> int:
    """Run Envoy to its end; its exit code, 128 + n when signal n ended it."""
    envoy = subprocess.Popen(command)

    def asked(*_: object) -> None:
        threading.Thread(target=_end, args=(envoy,), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked)
    code = envoy.wait()
    return code if code >= 0 else 128 - code


def _end(envoy: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    # Before it listens, or once it ends already, it does not answer: the signal does without.
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        _call("POST", "/healthcheck/fail")  # Answers carry `Connection: close` from now on.
        _call("POST", "/drain_listeners")
        while time.monotonic() < deadline and _active():
            time.sleep(_POLL_SECONDS)
    envoy.terminate()


def _active() -> int:
    """Requests under way."""
    stats = json.loads(_call("GET", f"/stats?format=json&filter=^{_ACTIVE}$"))["stats"]
    return sum(one["value"] for one in stats if one.get("name") == _ACTIVE)


def _call(method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("envoy", timeout=_ANSWER_SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    with contextlib.closing(connection):
        connection.sock.settimeout(_ANSWER_SECONDS)
        connection.sock.connect(ADMIN)
        connection.request(method, path)
        return connection.getresponse().read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
