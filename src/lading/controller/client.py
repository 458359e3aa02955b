"""The CLI's end of the controller's UNIX socket."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import msgspec

from lading import errors
from lading.controller.messages import AppStatus, Problem, WantedApp
from lading.errors import AppNotUp, ControllerError, LadingError


class Client:
    """Talks to the controller of one app. Every method raises AppNotUp when there is none."""

    def __init__(self, socket: Path) -> None:
        self._socket = str(socket)
        self._http = httpx.Client(
            # Without certificates of authorities, which would take 30 ms to read for nothing.
            transport=httpx.HTTPTransport(uds=str(socket), verify=False),
            base_url="http://controller",
            timeout=30.0,
            trust_env=False,
        )

    def answers(self) -> bool:
        """Whether there is a controller."""
        try:
            self.status()
        except AppNotUp:
            return False
        return True

    def status(self) -> AppStatus:
        return msgspec.json.decode(self._ask("GET", "/status"), type=AppStatus)

    def wanted(self) -> WantedApp | None:
        """What the controller keeps up now; None when nothing has been asked of it."""
        return msgspec.json.decode(self._ask("GET", "/wanted"), type=WantedApp | None)

    def apply(self, app: WantedApp) -> AppStatus:
        """Raises what the controller raised, as the same class."""
        answer = self._ask("POST", "/apply", msgspec.json.encode(app))
        return msgspec.json.decode(answer, type=AppStatus)

    def down(self) -> None:
        """Asks for it; `wait_gone` waits until it is done."""
        self._ask("POST", "/down")

    def wait_gone(self, seconds: float) -> bool:
        """Whether the controller has ended within that time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.answers():
                return True
            time.sleep(0.05)
        return False

    def _ask(self, method: str, path: str, content: bytes | None = None) -> bytes:
        try:
            answer = self._http.request(method, path, content=content)
        except httpx.TimeoutException as error:
            raise ControllerError("the controller does not answer", self._socket) from error
        except httpx.TransportError as error:
            raise AppNotUp("the app is not up", todo="start it with `lading up`") from error
        if answer.is_success:
            return answer.content
        raise _error(answer)


def _error(answer: httpx.Response) -> LadingError:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError:
        return ControllerError("the controller failed", came=f"status {answer.status_code}")
    kind = getattr(errors, problem.kind, ControllerError)
    error: LadingError = kind(
        problem.problem, problem.where, problem.expected, problem.came, problem.todo
    )
    return error
