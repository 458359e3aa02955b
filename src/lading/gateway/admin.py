"""Envoy's administration interface, spoken over its UNIX socket."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Admin:
    """Every method raises OSError or HTTPException when Envoy does not answer."""

    path: Path
    timeout_seconds: float = 2.0

    def ready(self) -> bool:
        """Whether Envoy has its configuration and accepts connections."""
        try:
            return self._call("GET", "/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def post(self, path: str) -> None:
        """Ask for an action."""
        self._call("POST", path)

    def stats(self, pattern: str) -> Mapping[str, int | str]:
        """Counters, gauges and texts whose whole name matches a regular expression."""
        _, body = self._call("GET", f"/stats?format=json&filter={quote(f'^({pattern})$')}")
        found = json.loads(body)["stats"]
        return {entry["name"]: entry["value"] for entry in found if "name" in entry}

    def _call(self, method: str, path: str) -> tuple[int, bytes]:
        connection = _UnixConnection(self.path, self.timeout_seconds)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("envoy", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
