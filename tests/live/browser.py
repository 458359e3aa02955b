"""A real browser without a window, driven over a pipe by Chrome's DevTools Protocol."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PIPES = (3, 4)
"""The descriptors that a browser reads commands from and writes to."""


def find() -> str | None:
    """Where a browser is installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One page. Everything said on its console is kept, and every address it asked for."""

    def __init__(self, program: str, profile: Path) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._ids = itertools.count(1)
        self._received = b""
        self._session: str | None = None
        # Its sandbox works neither as root nor in most containers; the page is our own.
        command = [program, "--no-sandbox", "--headless=new", "--disable-gpu"]
        command += ["--disable-dev-shm-usage"]
        command += ["--no-first-run", "--disable-background-networking"]
        command += ["--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        self._start(command)
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(x["targetId"] for x in targets if x["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            came = self._receive()
            if came.get("id") == number:
                assert "error" not in came, came
                return dict(came["result"])
            self._note(came)

    def open(self, url: str, until: str) -> None:
        """Go there, and wait for an expression of JavaScript to be true."""
        self.call("Page.navigate", url=url)
        self.wait(until)

    def wait(self, until: str) -> None:
        polling = f"""(async () => {{ for (let i = 0; i < 1000; i++) {{ if ({until}) return true;
            await new Promise(go => setTimeout(go, 10)); }} return document.body.innerText; }})()"""
        came = self.value(polling)
        assert came is True, f"{until} is never true; the page says:\n{came}"

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript gives, awaited if need be."""
        given = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        came = self.call("Runtime.evaluate", **given)
        assert "exceptionDetails" not in came, came
        return came["result"].get("value")

    def choose_files(self, selector: str, *paths: Path) -> None:
        """Give files to a file input."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(x) for x in paths])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._commands)
        os.close(self._answers)

    def _start(self, command: list[str]) -> None:
        reads, self._commands = os.pipe()
        self._answers, writes = os.pipe()
        # A shell moves the pipes to where the browser looks for them.
        moved = f'exec "$@" {_PIPES[0]}<&{reads} {_PIPES[1]}>&{writes}'
        self._process = subprocess.Popen(
            ["bash", "-c", moved, "bash", *command],
            pass_fds=(reads, writes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(reads)
        os.close(writes)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            piece = os.read(self._answers, 65536)
            assert piece, "the browser is gone"
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: dict[str, Any]) -> None:
        method, given = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requested.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(given["exceptionDetails"]))
        elif method == "Log.entryAdded" and given["entry"]["source"] != "network":
            self.complaints.append(given["entry"]["text"])
